#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/raw_call.h"
#include "../harness/bench.h"
#include "../harness/peer.h"
#include "../workload/batch_policy.h"
#include "../workload/loopback.h"
#include "../workload/scratch.h"
#include "families.h"

/**
 * Round trips as in LMbench's lat_tcp, lat_udp and lat_unix: a byte goes to a peer on the same CPU,
 * which sends it back.
 */
struct round_trip {
    bool (*connect)(struct bench *bench); /* sets `ends` */
};

/** The probe's end and its peer's end, of the current metric. */
static int ends[2] = {-1, -1};
static pid_t peer;

static int listener = -1;
static struct sockaddr_in listener_address;

/** Without this, TCP holds a byte back until the last one was acknowledged (tcp(7)). */
static bool send_at_once(struct bench *bench, int end) {
    const int on = 1;
    return setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 ||
           bench_fail(bench, "setsockopt(TCP_NODELAY)", errno);
}

static bool connect_tcp(struct bench *bench) {
    return loopback_connect(bench, &ends[0], &ends[1]) && send_at_once(bench, ends[0]) &&
           send_at_once(bench, ends[1]);
}

static bool connect_udp(struct bench *bench) {
    struct sockaddr_in addresses[2];
    for (int i = 0; i < 2; i++)
        if ((ends[i] = loopback_socket(bench, SOCK_DGRAM, &addresses[i])) < 0)
            return false;
    for (int i = 0; i < 2; i++)
        if (connect(ends[i], (const struct sockaddr *)&addresses[1 - i], sizeof addresses[0]) != 0)
            return bench_fail(bench, "connect(127.0.0.1)", errno);
    return true;
}

static bool connect_unix(struct bench *bench) {
    return socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0 ||
           bench_fail(bench, "socketpair(AF_UNIX)", errno);
}

static long send_byte(int end, char byte) {
    return raw_call(SYS_sendto, end, (long)&byte, 1, 0, 0, 0);
}

static long receive_byte(int end, char *byte) {
    return raw_call(SYS_recvfrom, end, (long)byte, 1, 0, 0, 0);
}

static _Noreturn void echo(int end) {
    char byte = 0;
    while (receive_byte(end, &byte) == 1 && send_byte(end, byte) == 1)
        continue;
    _exit(0);
}

static bool setup(struct bench *bench) {
    const struct round_trip *round_trip = bench->metric->parameters;
    if (!batch_policy_begin(bench) || !round_trip->connect(bench))
        return false;
    peer = peer_fork(bench);
    if (peer == 0) {
        close(ends[0]);
        echo(ends[1]);
    }
    scratch_close(&ends[1]);
    return peer > 0;
}

static bool run(struct bench *bench, uint64_t operations) {
    const int end = ends[0];
    for (; operations > 0; operations--) {
        const char sent = (char)operations;
        char received = (char)~sent;
        long result = send_byte(end, sent);
        if (result != 1)
            return bench_fail_result(bench, "send(1 byte)", result);
        result = receive_byte(end, &received);
        if (result != 1 || received != sent)
            return bench_fail_result(bench, "recv(1 byte)", result == 0 ? -EPIPE : result);
    }
    return true;
}

static void teardown(struct bench *bench) {
    (void)bench;
    batch_policy_end();
    scratch_close(&ends[0]);
    scratch_close(&ends[1]);
    peer_end(&peer);
}

static bool setup_listener(struct bench *bench) {
    listener = loopback_listener(bench, &listener_address);
    return listener >= 0;
}

static bool connect_and_accept(struct bench *bench) {
    ends[1] = (int)raw_call(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0, 0, 0, 0);
    if (ends[1] < 0)
        return bench_fail_result(bench, "socket(AF_INET)", ends[1]);
    long result =
        raw_call(SYS_connect, ends[1], (long)&listener_address, sizeof listener_address, 0, 0, 0);
    if (result != 0)
        return bench_fail_result(bench, "connect(127.0.0.1)", result);
    ends[0] = (int)raw_call(SYS_accept4, listener, 0, 0, SOCK_CLOEXEC, 0, 0);
    return ends[0] >= 0 || bench_fail_result(bench, "accept4", ends[0]);
}

static bool run_connect(struct bench *bench, uint64_t operations) {
    for (; operations > 0; operations--) {
        if (!connect_and_accept(bench))
            return false;
        scratch_close(&ends[0]);
        scratch_close(&ends[1]);
    }
    return true;
}

static void teardown_listener(struct bench *bench) {
    teardown(bench);
    scratch_close(&listener);
}

#define ROUND_TRIP(name, connect_by, words)                                                        \
    .id = "net." name "_rtt_1b", .version = 1, .gate = true,                                       \
    .summary = "1 byte to a process on the same CPU and back, " words ", SCHED_BATCH",             \
    .entries = 4, .switches = 2, .bytes = 4, .per_turn = 1, .setup = setup, .run = run,            \
    .teardown = teardown, .parameters = &(const struct round_trip) {                               \
        (connect_by)                                                                               \
    }

static const struct metric metrics[] = {
    {ROUND_TRIP("tcp", connect_tcp, "loopback TCP with TCP_NODELAY")},
    {ROUND_TRIP("udp", connect_udp, "loopback UDP, connected")},
    {ROUND_TRIP("unix", connect_unix, "AF_UNIX datagrams")},
    {
        .id = "net.tcp_connect",
        .version = 1,
        .summary = "socket, connect, accept4 and two closes by a reset, loopback TCP, one process",
        .entries = 5,
        .per_turn = 1,
        .setup = setup_listener,
        .run = run_connect,
        .teardown = teardown_listener,
    },
};

const struct family net_family = FAMILY(metrics);
