#include "audit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/** A rule's texts have room for a path and a key. */
enum { MAX_RULES_BYTES = 65536, MAX_TEXTS = 8192, MAX_ANSWER = 16384 };
enum { MAX_BODY = sizeof(struct audit_rule_data) + MAX_TEXTS };

/** @returns the errno of the kernel's answer, 0 for none */
static int answer_of(int audit) {
    union {
        struct nlmsghdr header;
        unsigned char bytes[MAX_ANSWER];
    } answer;
    for (;;) {
        ssize_t length = recv(audit, &answer, sizeof answer, 0);
        if (length < 0 && errno != EINTR)
            return errno;
        if (length < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) ||
            answer.header.nlmsg_type != NLMSG_ERROR)
            continue;
        struct nlmsgerr result;
        memcpy(&result, NLMSG_DATA(&answer.header), sizeof result);
        return -result.error;
    }
}

static int ask(int audit, uint16_t type, const void *body, size_t length) {
    union {
        struct nlmsghdr header;
        unsigned char bytes[NLMSG_SPACE(MAX_BODY)];
    } request = {
        .header =
            {
                .nlmsg_len = (uint32_t)NLMSG_LENGTH(length),
                .nlmsg_type = type,
                .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
            },
    };
    memcpy(NLMSG_DATA(&request.header), body, length);
    if (send(audit, &request, request.header.nlmsg_len, 0) < 0)
        return errno;
    return answer_of(audit);
}

static bool turn_on(int audit, struct failure *failure) {
    const struct audit_status status = {.mask = AUDIT_STATUS_ENABLED, .enabled = 1};
    int error = ask(audit, AUDIT_SET, &status, sizeof status);
    return error == 0 || failure_set(failure, "turning the kernel's audit on failed", error);
}

/** @returns the length of the first rule in `bytes`, 0 if there is no valid rule */
static size_t rule_length(const unsigned char *bytes, size_t left) {
    struct audit_rule_data rule;
    if (left < sizeof rule)
        return 0;
    memcpy(&rule, bytes, sizeof rule);
    size_t length = sizeof rule + rule.buflen;
    return length <= left && length <= MAX_BODY ? length : 0;
}

static bool add_rules(int audit, const unsigned char *bytes, size_t left, struct failure *failure) {
    while (left > 0) {
        size_t length = rule_length(bytes, left);
        if (length == 0)
            return failure_set(failure, "reading the audit rules failed", EINVAL);
        int error = ask(audit, AUDIT_ADD_RULE, bytes, length);
        if (error != 0)
            return failure_set(failure, "adding an audit rule failed", error);
        bytes += length;
        left -= length;
    }
    return true;
}

static ssize_t read_rules(const char *path, unsigned char *bytes, size_t room) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    ssize_t length = read(file, bytes, room);
    int error = errno;
    close(file);
    errno = error;
    return length;
}

bool audit_load(const char *path, struct failure *failure) {
    static unsigned char rules[MAX_RULES_BYTES];
    ssize_t length = read_rules(path, rules, sizeof rules);
    if (length < 0)
        return failure_set(failure, "reading the audit rules failed", errno);
    int audit = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
    if (audit < 0)
        return failure_set(failure, "asking for the kernel's audit failed", errno);
    bool loaded = turn_on(audit, failure) && add_rules(audit, rules, (size_t)length, failure);
    close(audit);
    return loaded;
}
