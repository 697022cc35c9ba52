/* Not in loopback.c, because <linux/tcp.h> and libc's <netinet/tcp.h> define the same names. In
 * libc's, struct tcp_info ends before the segments. */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "loopback.h"

/** The kernel fills in what it knows of the structure and returns how much that is. */
long loopback_segments(const struct loopback *loopback) {
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    if (getsockopt(loopback->sender, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 ||
        length < offsetof(struct tcp_info, tcpi_data_segs_out) + sizeof info.tcpi_data_segs_out)
        return -1;
    return info.tcpi_data_segs_out;
}
