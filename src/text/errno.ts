/**
 * Linux's names of the errors that the probe's operations return (errno(3)). They are listed here,
 * so that a report reads the same on whatever system it is made again.
 */
const NAMES: Readonly<Record<number, string>> = {
  ...{ 1: 'EPERM', 2: 'ENOENT', 3: 'ESRCH', 4: 'EINTR', 5: 'EIO', 6: 'ENXIO', 7: 'E2BIG' },
  ...{ 8: 'ENOEXEC', 9: 'EBADF', 10: 'ECHILD', 11: 'EAGAIN', 12: 'ENOMEM', 13: 'EACCES' },
  ...{ 14: 'EFAULT', 16: 'EBUSY', 17: 'EEXIST', 18: 'EXDEV', 19: 'ENODEV', 20: 'ENOTDIR' },
  ...{ 21: 'EISDIR', 22: 'EINVAL', 23: 'ENFILE', 24: 'EMFILE', 25: 'ENOTTY', 26: 'ETXTBSY' },
  ...{ 27: 'EFBIG', 28: 'ENOSPC', 29: 'ESPIPE', 30: 'EROFS', 31: 'EMLINK', 32: 'EPIPE' },
  ...{ 33: 'EDOM', 34: 'ERANGE', 35: 'EDEADLK', 36: 'ENAMETOOLONG', 37: 'ENOLCK', 38: 'ENOSYS' },
  ...{ 39: 'ENOTEMPTY', 40: 'ELOOP', 42: 'ENOMSG', 43: 'EIDRM', 60: 'ENOSTR', 61: 'ENODATA' },
  ...{ 62: 'ETIME', 63: 'ENOSR', 67: 'ENOLINK', 71: 'EPROTO', 72: 'EMULTIHOP', 74: 'EBADMSG' },
  ...{ 75: 'EOVERFLOW', 77: 'EBADFD', 84: 'EILSEQ', 88: 'ENOTSOCK', 89: 'EDESTADDRREQ' },
  ...{ 90: 'EMSGSIZE', 91: 'EPROTOTYPE', 92: 'ENOPROTOOPT', 93: 'EPROTONOSUPPORT' },
  ...{ 94: 'ESOCKTNOSUPPORT', 95: 'EOPNOTSUPP', 96: 'EPFNOSUPPORT', 97: 'EAFNOSUPPORT' },
  ...{ 98: 'EADDRINUSE', 99: 'EADDRNOTAVAIL', 100: 'ENETDOWN', 101: 'ENETUNREACH' },
  ...{ 102: 'ENETRESET', 103: 'ECONNABORTED', 104: 'ECONNRESET', 105: 'ENOBUFS', 106: 'EISCONN' },
  ...{ 107: 'ENOTCONN', 108: 'ESHUTDOWN', 110: 'ETIMEDOUT', 111: 'ECONNREFUSED', 112: 'EHOSTDOWN' },
  ...{ 113: 'EHOSTUNREACH', 114: 'EALREADY', 115: 'EINPROGRESS', 116: 'ESTALE', 122: 'EDQUOT' },
  ...{ 125: 'ECANCELED', 130: 'EOWNERDEAD' },
};

/**
 * The name of an error, such as `EPERM`; its number where this list has no name for it, and an
 * empty text where there is no error.
 */
export const errnoName = (errno: number): string =>
  errno === 0 ? '' : (NAMES[errno] ?? `errno ${errno}`);
