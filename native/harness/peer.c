#include "peer.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inject.h"

/**
 * If the forker died before prctl(2), the child has another parent now. Where getppid(2) is denied
 * this cannot be seen, and the deadline ends the processes that are left.
 */
void peer_follow(pid_t forker) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pid_t parent = getppid();
    if (parent >= 0 && parent != forker)
        _exit(1);
}

pid_t peer_fork(struct bench *bench) {
    pid_t forker = getpid();
    pid_t peer = fork();
    if (peer == 0) {
        peer_follow(forker);
        inject_inherit();
        return 0;
    }
    if (peer < 0)
        bench_fail(bench, "fork", errno);
    else if (!bench_add_participant(bench, peer))
        peer_end(&peer);
    return peer > 0 ? peer : -1;
}

void peer_end(pid_t *peer) {
    if (*peer > 0) {
        kill(*peer, SIGKILL);
        while (waitpid(*peer, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    *peer = 0;
}
