/**
 * A TCG plugin for QEMU. It records every instruction that the virtual machine executes in a
 * program's batches, between two marks (native/base/marks.h), and the bytes that the program sends.
 * Before the first round and after the last one, it watches only the marks and costs nothing.
 *
 * Few distributions package QEMU's plugin header, so this file declares what it uses. These
 * declarations have been the same from QEMU 4.2 to 10.2 (docs/devel/tcg-plugins.rst). Since 9.0,
 * QEMU wants a plugin for version 2 of the interface; before, it refuses that version.
 *
 * The file holds "SGTRACE2", then records: each the struct below in the host's byte order, then its
 * bytes. A record is written once, when it ends, so the file has only whole records if QEMU is
 * killed.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

typedef void translation_callback(qemu_plugin_id_t id, struct qemu_plugin_tb *block);
typedef void execution_callback(unsigned int cpu, void *data);
typedef void exit_callback(qemu_plugin_id_t id, void *data);
typedef void reset_callback(qemu_plugin_id_t id);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, translation_callback *callback);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction,
                                            execution_callback *callback,
                                            enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_reset(qemu_plugin_id_t id, reset_callback *callback);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, exit_callback *callback, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);

/** Version 2 no longer has this function. */
__attribute__((weak)) int qemu_plugin_n_vcpus(void);

int qemu_plugin_version = 1;

/** QEMU reads the version after it has loaded this library. */
__attribute__((constructor)) static void choose_version(void) {
    if (qemu_plugin_n_vcpus == NULL)
        qemu_plugin_version = 2;
}

enum kind { WINDOW = 1, BYTES = 2, ROUND = 3 };
enum { CUT_OFF = 1 };

/** As in native/base/marks.c. */
enum { STRIDE = 8, TABLE_BYTES = 256 * STRIDE };

struct record {
    uint32_t kind;         /* a ROUND starts a round: the windows after it belong to it */
    uint32_t flags;        /* CUT_OFF: the file has reached its limit, so bytes are missing */
    uint64_t instructions; /* of a window, also those that were cut off */
    uint64_t length;       /* of the bytes that follow */
};

/** The record that is being written. There is one at a time. */
static struct {
    struct record record;
    unsigned int cpu;
    uint64_t address; /* of the previous instruction */
    uint8_t *bytes;
    size_t room;
} open;

static struct {
    uint64_t round;                      /* one metric's round begins */
    uint64_t batch_begin, batch_end;     /* the instruction at batch_end is not part of the batch */
    uint64_t symbols_begin, symbols_end; /* bytes are sent between these */
    uint64_t table;                      /* of the functions that stand for bytes */
    uint64_t limit;                      /* bytes */
    FILE *out;                           /* NULL after a write failed */
} plan;

static qemu_plugin_id_t own_id;
static uint64_t written;

/** Whether all instructions are watched, or only those at marks. */
static bool watches_all;

/** The virtual machine goes on: its counts are right without a trace. */
static void give_up(const char *why) {
    fprintf(stderr, "trace plugin: %s.\n", why);
    fclose(plan.out);
    plan.out = NULL;
    open.record.kind = 0;
}

static void write_out(const void *bytes, size_t length) {
    if (plan.out != NULL && fwrite(bytes, 1, length, plan.out) != length)
        give_up("the trace could not be written");
    written += length;
}

static void begin_record(enum kind kind, unsigned int cpu) {
    if (plan.out == NULL)
        return;
    open.record = (struct record){.kind = kind};
    open.cpu = cpu;
    open.address = 0;
}

static void end_record(void) {
    const struct record record = open.record;
    open.record.kind = 0;
    write_out(&record, sizeof record);
    write_out(open.bytes, record.length);
    if (plan.out != NULL && fflush(plan.out) != 0)
        give_up("the trace could not be written");
}

/** Length of the longest number in LEB128. */
enum { MAX_NUMBER_BYTES = 10 };

static bool make_room(void) {
    if (written + open.record.length + MAX_NUMBER_BYTES + sizeof open.record > plan.limit)
        open.record.flags = CUT_OFF;
    if (open.record.flags == CUT_OFF)
        return false;
    if (open.record.length + MAX_NUMBER_BYTES > open.room) {
        size_t room = 2 * open.room + 4096;
        uint8_t *bytes = realloc(open.bytes, room);
        if (bytes == NULL) {
            give_up("there is no memory for the trace");
            return false;
        }
        open.room = room;
        open.bytes = bytes;
    }
    return true;
}

static void append(uint8_t byte) {
    open.bytes[open.record.length++] = byte;
}

/**
 * Writes an address as the distance from the previous one, in zigzag and LEB128: mostly one byte.
 */
static void append_address(uint64_t address) {
    int64_t way = (int64_t)(address - open.address);
    uint64_t number = ((uint64_t)way << 1) ^ (uint64_t)(way >> 63);
    open.address = address;
    for (; number >= 0x80; number >>= 7)
        append((uint8_t)(number | 0x80));
    append((uint8_t)number);
}

static void begin_watching(qemu_plugin_id_t id);

/** Takes effect when the processor leaves its current block. */
static void watch(bool all) {
    if (watches_all == all)
        return;
    watches_all = all;
    qemu_plugin_reset(own_id, begin_watching);
}

static void execute(unsigned int cpu, void *data) {
    if (open.record.kind != WINDOW || cpu != open.cpu)
        return;
    open.record.instructions++;
    if (make_room())
        append_address((uint64_t)(uintptr_t)data);
}

/** Whether it is the first instruction of one of the table's functions. */
static bool is_in_table(uint64_t address) {
    uint64_t slot = address - plan.table;
    return slot < TABLE_BYTES && slot % STRIDE == 0;
}

/** A record that is open when another begins is from a process that died. */
static void execute_mark(unsigned int cpu, void *data) {
    uint64_t address = (uint64_t)(uintptr_t)data;
    if (address == plan.round) {
        watch(true);
        begin_record(ROUND, cpu);
        end_record();
    } else if (address == plan.batch_begin) {
        begin_record(WINDOW, cpu);
    } else if (address == plan.symbols_begin) {
        watch(false);
        begin_record(BYTES, cpu);
    } else if (open.record.kind == 0 || cpu != open.cpu) {
        return;
    } else if (address == plan.batch_end || address == plan.symbols_end) {
        end_record();
    } else if (open.record.kind == BYTES && is_in_table(address) && make_room()) {
        append((uint8_t)((address - plan.table) / STRIDE));
    }
    execute(cpu, data);
}

static bool is_mark(uint64_t address) {
    return address == plan.round || address == plan.batch_begin || address == plan.batch_end ||
           address == plan.symbols_begin || address == plan.symbols_end || is_in_table(address);
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        uint64_t address = qemu_plugin_insn_vaddr(instruction);
        bool mark = is_mark(address);
        if (mark || watches_all)
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, mark ? execute_mark : execute,
                                                   QEMU_PLUGIN_CB_NO_REGS,
                                                   (void *)(uintptr_t)address);
    }
}

static void finish(qemu_plugin_id_t id, void *data) {
    (void)id, (void)data;
    if (plan.out != NULL && fclose(plan.out) != 0)
        fputs("trace plugin: the trace could not be written.\n", stderr);
}

static void begin_watching(qemu_plugin_id_t id) {
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, finish, NULL);
}

static const struct {
    const char *name;
    uint64_t *number;
} numbers[] = {
    {"round", &plan.round},
    {"batch_begin", &plan.batch_begin},
    {"batch_end", &plan.batch_end},
    {"symbols_begin", &plan.symbols_begin},
    {"symbols_end", &plan.symbols_end},
    {"table", &plan.table},
    {"limit", &plan.limit},
};

enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

static void read_number(const char *argument, const char *name, uint64_t *number) {
    size_t length = strlen(name);
    if (strncmp(argument, name, length) == 0 && argument[length] == '=')
        *number = strtoull(argument + length + 1, NULL, 0);
}

static void read_argument(const char *argument) {
    for (size_t i = 0; i < NUMBERS; i++)
        read_number(argument, numbers[i].name, numbers[i].number);
    if (strncmp(argument, "out=", 4) == 0)
        plan.out = fopen(argument + 4, "wb");
}

static bool is_complete(void) {
    for (size_t i = 0; i < NUMBERS; i++)
        if (*numbers[i].number == 0)
            return false;
    return plan.out != NULL;
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++)
        read_argument(argv[i]);
    if (!is_complete()) {
        fputs("trace plugin: it needs out=PATH of a writable file, and the numbers", stderr);
        for (size_t i = 0; i < NUMBERS; i++)
            fprintf(stderr, " %s=", numbers[i].name);
        fputs(".\n", stderr);
        return 1;
    }
    own_id = id;
    write_out("SGTRACE2", 8);
    begin_watching(id);
    return 0;
}
