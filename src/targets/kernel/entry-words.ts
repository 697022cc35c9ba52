/**
 * Parameters of a kernel's command line that decide what its operations cost, from
 * Documentation/admin-guide/kernel-parameters.txt. A counted boot of the running kernel gets them
 * from the running one. All others stay out: root=, init= or console= would keep the probe from
 * running, and most of the rest costs nothing after the boot.
 */
const COSTS: ReadonlySet<string> = new Set([
  // Mitigations of the processor's flaws, and features of the processor that the entry uses.
  ...['mitigations', 'pti', 'nopti', 'kpti', 'nospectre_v1', 'nospectre_v2', 'nospectre_bhb'],
  ...['spectre_v2', 'spectre_v2_user', 'spectre_bhi', 'spec_store_bypass_disable'],
  ...['nospec_store_bypass_disable', 'ssbd', 'l1tf', 'mds', 'tsx_async_abort', 'mmio_stale_data'],
  ...['retbleed', 'spec_rstack_overflow', 'gather_data_sampling', 'reg_file_data_sampling'],
  ...['srbds', 'indirect_target_selection', 'vmscape', 'tsa', 'tsx'],
  ...['nosmap', 'nosmep', 'nopcid', 'noinvpcid', 'nofsgsbase', 'nopku', 'noxsave', 'fred'],
  ...['shstk', 'nousershstk', 'clearcpuid', 'vdso'],
  ...['arm64.nopauth', 'arm64.nobti', 'arm64.nomte', 'arm64.nosve', 'arm64.nosme'],
  // Hardening of the entry and of memory.
  ...['randomize_kstack_offset', 'init_on_alloc', 'init_on_free', 'page_poison'],
  ...['hardened_usercopy', 'cfi', 'slab_debug', 'slub_debug', 'debug_pagealloc'],
  // Hooks in every call or in most of them.
  ...['audit', 'lsm', 'security', 'apparmor', 'selinux', 'enforcing'],
  // Scheduling and accounting, which a context switch or an allocation pays.
  ...['preempt', 'threadirqs', 'schedstats', 'delayacct', 'psi', 'nohz_full'],
  ...['cgroup_disable', 'cgroup.memory', 'transparent_hugepage'],
]);

/**
 * The words of a command line that decide what the kernel's operations cost, in their order.
 *
 * @param commandLine as in /proc/cmdline
 */
export function entryWords(commandLine: string): string {
  const words = wordsOf(commandLine).filter((word) => COSTS.has(nameOf(word)));
  return words.filter(isPlain).join(' ');
}

/** The kernel's own words: what follows `--` goes to its init. */
function wordsOf(commandLine: string): string[] {
  // Blanks in double quotes belong to a word, as in the kernel's own parser.
  const words: string[] = commandLine.match(/(?:"[^"]*"|[^\s"])+/g) ?? [];
  const end = words.indexOf('--');
  return end < 0 ? words : words.slice(0, end);
}

/** The kernel takes dashes for underscores in names (kernel/params.c, parameq()). */
const nameOf = (word: string): string => (word.split('=', 1)[0] ?? '').replaceAll('-', '_');

/** None of these parameters has a value with blanks or quotes. */
const isPlain = (word: string): boolean => /^[!#-~]+$/.test(word);
