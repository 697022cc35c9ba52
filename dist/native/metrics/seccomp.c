#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/filter.h"
#include "../base/raw_call.h"
#include "../harness/bench.h"
#include "../harness/peer.h"
#include "../workload/call.h"
#include "../workload/scratch.h"
#include "families.h"

/** About as many rules as a container's profile has, and the first value that they look for. */
enum { RULES = 200, FIRST_VALUE = 0x10000 };

/**
 * The supervisor's answer to getppid(2). No process has this id, so only the supervisor gives it.
 */
enum { ANSWER = 0x5ca1ab1e };

/** State of the current metric. A filter stays for good, so each metric has its own process. */
static struct call null_call;
static pid_t peer;
static int listener = -1;

/** The kernel tells their size: it may know more members than this header, or fewer. */
static union {
    struct seccomp_notif notification;
    char room[512];
} request;
static union {
    struct seccomp_notif_resp response;
    char room[512];
} reply;
static size_t request_size;

/** filter_install() for a metric. Negative after bench_fail(). */
static int install(struct bench *bench, const struct sock_filter *filter, unsigned short length,
                   unsigned flags) {
    struct failure failure = {0};
    int result = filter_install(filter, length, flags, &failure);
    if (result < 0)
        bench_fail(bench, failure.operation, failure.error);
    return result;
}

/**
 * Installs a filter that refuses some values at an offset of struct seccomp_data. No call number
 * and no argument of the probe is among them, so getppid(2) passes all rules and is allowed. If the
 * values are call numbers, the kernel finds that out at installation and uses a bitmap from then on
 * (Linux 5.11, kernel/seccomp.c: seccomp_cache_prepare_bitmap).
 */
static bool setup_filter(struct bench *bench, unsigned offset) {
    struct sock_filter filter[RULES + 3] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)};
    for (unsigned i = 0; i < RULES; i++)
        filter[1 + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FIRST_VALUE + i,
                                                     (unsigned char)(RULES - i), 0);
    filter[RULES + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[RULES + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);

    return call_null(bench, &null_call) && install(bench, filter, RULES + 3, 0) == 0;
}

static bool setup_bitmap(struct bench *bench) {
    return setup_filter(bench, offsetof(struct seccomp_data, nr));
}

static bool setup_args(struct bench *bench) {
    return setup_filter(bench, offsetof(struct seccomp_data, args[0]));
}

static bool run_null(struct bench *bench, uint64_t operations) {
    return call_repeat(bench, &null_call, operations);
}

static int install_listener(struct bench *bench) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    return install(bench, filter, sizeof filter / sizeof filter[0],
                   SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

/** A message of one byte, with room for one descriptor. */
struct message {
    char byte;
    struct iovec bytes;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    struct msghdr header;
};

static struct msghdr *message_header(struct message *message) {
    *message = (struct message){.bytes = {&message->byte, 1}};
    message->header = (struct msghdr){
        .msg_iov = &message->bytes,
        .msg_iovlen = 1,
        .msg_control = message->control,
        .msg_controllen = sizeof message->control,
    };
    return &message->header;
}

static bool send_descriptor(struct bench *bench, int channel, int descriptor) {
    struct message message;
    struct msghdr *header = message_header(&message);
    struct cmsghdr *rights = CMSG_FIRSTHDR(header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof descriptor);
    memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
    return sendmsg(channel, header, 0) == 1 || bench_fail(bench, "sendmsg(SCM_RIGHTS)", errno);
}

static bool receive_descriptor(struct bench *bench, int channel, int *descriptor) {
    struct message message;
    struct msghdr *header = message_header(&message);
    ssize_t count = recvmsg(channel, header, MSG_CMSG_CLOEXEC);
    const struct cmsghdr *rights = count == 1 ? CMSG_FIRSTHDR(header) : NULL;
    if (rights == NULL || rights->cmsg_type != SCM_RIGHTS)
        return bench_fail(bench, "recvmsg(SCM_RIGHTS)", count < 0 ? errno : EPIPE);
    memcpy(descriptor, CMSG_DATA(rights), sizeof *descriptor);
    return true;
}

/**
 * The supervised process asks for its parent again and again. It closes its own listener. So once
 * the supervisor has closed the other one, the call fails with ENOSYS and the process ends.
 */
static _Noreturn void ask(struct bench *bench, int channel) {
    int own = install_listener(bench);
    if (own >= 0 && send_descriptor(bench, channel, own)) {
        close(own);
        while (raw_call(SYS_getppid, 0, 0, 0, 0, 0, 0) == ANSWER)
            continue;
    }
    _exit(1);
}

static bool find_sizes(struct bench *bench) {
    struct seccomp_notif_sizes sizes = {0};
    long result = raw_call(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, (long)&sizes, 0, 0, 0);
    if (result != 0)
        return bench_fail_result(bench, "seccomp(SECCOMP_GET_NOTIF_SIZES)", result);
    request_size = sizes.seccomp_notif;
    if (sizes.seccomp_notif > sizeof request || sizes.seccomp_notif_resp > sizeof reply)
        return bench_fail(bench, "seccomp(SECCOMP_GET_NOTIF_SIZES)", E2BIG);
    return true;
}

static bool setup_notify(struct bench *bench) {
    int channel[2];
    if (!find_sizes(bench))
        return false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0)
        return bench_fail(bench, "socketpair", errno);
    peer = peer_fork(bench);
    if (peer == 0) {
        close(channel[0]); /* otherwise it would not see the end of the supervisor */
        ask(bench, channel[1]);
    }
    close(channel[1]);
    bool received = peer > 0 && receive_descriptor(bench, channel[0], &listener);
    close(channel[0]);
    return received;
}

static bool answer(struct bench *bench) {
    memset(&request, 0, request_size); /* since Linux 5.5 the kernel refuses it otherwise */
    long result = raw_call(SYS_ioctl, listener, SECCOMP_IOCTL_NOTIF_RECV, (long)&request, 0, 0, 0);
    if (result != 0)
        return bench_fail_result(bench, "ioctl(SECCOMP_IOCTL_NOTIF_RECV)", result);
    reply.response = (struct seccomp_notif_resp){.id = request.notification.id, .val = ANSWER};
    result = raw_call(SYS_ioctl, listener, SECCOMP_IOCTL_NOTIF_SEND, (long)&reply, 0, 0, 0);
    return result == 0 || bench_fail_result(bench, "ioctl(SECCOMP_IOCTL_NOTIF_SEND)", result);
}

static bool run_notify(struct bench *bench, uint64_t operations) {
    for (; operations > 0; operations--)
        if (!answer(bench))
            return false;
    return true;
}

static void teardown_notify(struct bench *bench) {
    (void)bench;
    scratch_close(&listener);
    peer_end(&peer);
}

static const struct metric metrics[] = {
    {
        .id = "syscall.seccomp_bitmap",
        .version = 1,
        .own_process = true,
        .summary = "getppid(2) under a filter of 200 rules on call numbers",
        .entries = 1,
        .per_turn = 1,
        .setup = setup_bitmap,
        .run = run_null,
    },
    {
        .id = "syscall.seccomp_args",
        .version = 1,
        .own_process = true,
        .summary = "getppid(2) under a filter of 200 rules on an argument",
        .entries = 1,
        .per_turn = 1,
        .setup = setup_args,
        .run = run_null,
    },
    {
        .id = "context.seccomp_notify",
        .version = 1,
        .own_process = true,
        .summary = "a system call answered by another process (SECCOMP_RET_USER_NOTIF)",
        .entries = 3, /* the call, and receive and send */
        .switches = 2,
        .per_turn = 1,
        .setup = setup_notify,
        .run = run_notify,
        .teardown = teardown_notify,
    },
};

const struct family seccomp_family = FAMILY(metrics);
