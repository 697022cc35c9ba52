/**
 * A TCG plugin for QEMU: writes down every instruction that its virtual machine executes between
 * two marks in a program (native/core/marks.h), and the bytes that the program hands over.
 *
 * QEMU's header is in few distributions' packages, so what is used of it is declared here. It has
 * been the same from QEMU 4.2 to 10.2 (docs/devel/tcg-plugins.rst), for which QEMU asks a plugin
 * that was made for version 2 of the interface since 9.0, and refuses that before.
 *
 * The file: "SGTRACE1", then records, each the struct below in the host's byte order and its bytes.
 * A record is written at its end and as one, so that there are whole ones whenever QEMU is killed.
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

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, translation_callback *callback);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction,
                                            execution_callback *callback,
                                            enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, exit_callback *callback, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);

/** Gone since version 2. */
__attribute__((weak)) int qemu_plugin_n_vcpus(void);

int qemu_plugin_version = 1;

/** QEMU looks at the version once this library is loaded. */
__attribute__((constructor)) static void choose_version(void) {
    if (qemu_plugin_n_vcpus == NULL)
        qemu_plugin_version = 2;
}

enum kind { WINDOW = 1, BYTES = 2 };
enum { CUT_OFF = 1 };

/** Those of the table in native/core/marks.c. */
enum { STRIDE = 8, TABLE_BYTES = 256 * STRIDE };

struct record {
    uint32_t kind;
    uint32_t flags;        /* CUT_OFF: the file has reached its limit, and bytes are missing */
    uint64_t instructions; /* of a window, all of them */
    uint64_t length;       /* of the bytes behind this */
};

/** What is being written down; there is one at a time. */
static struct {
    struct record record;
    unsigned int cpu;
    uint64_t address; /* of the instruction before */
    uint8_t *bytes;
    size_t room;
} open;

static struct {
    uint64_t begin, end;
    uint64_t table; /* of the functions that each are a byte */
    uint64_t limit; /* bytes */
    FILE *out;
} plan;

static uint64_t written;

static void fail(const char *what) {
    fprintf(stderr, "trace plugin: %s.\n", what);
    exit(1);
}

static void write_all(const void *bytes, size_t length) {
    if (fwrite(bytes, 1, length, plan.out) != length)
        fail("the trace could not be written");
    written += length;
}

static void begin_record(enum kind kind, unsigned int cpu) {
    open.record = (struct record){.kind = kind};
    open.cpu = cpu;
    open.address = 0;
}

static void end_record(void) {
    write_all(&open.record, sizeof open.record);
    write_all(open.bytes, open.record.length);
    if (fflush(plan.out) != 0)
        fail("the trace could not be written");
    open.record.kind = 0;
}

/** The longest number in LEB128. */
enum { NUMBER_MAX = 10 };

static bool make_room(void) {
    if (written + open.record.length + NUMBER_MAX + sizeof open.record > plan.limit)
        open.record.flags = CUT_OFF;
    if (open.record.flags == CUT_OFF)
        return false;
    if (open.record.length + NUMBER_MAX > open.room) {
        open.room = 2 * open.room + 4096;
        open.bytes = realloc(open.bytes, open.room);
        if (open.bytes == NULL)
            fail("there is no memory for the trace");
    }
    return true;
}

static void append(uint8_t byte) {
    open.bytes[open.record.length++] = byte;
}

/** Addresses as the way from the one before, zigzag and LEB128: most of them take one byte. */
static void append_address(uint64_t address) {
    int64_t way = (int64_t)(address - open.address);
    uint64_t number = ((uint64_t)way << 1) ^ (uint64_t)(way >> 63);
    open.address = address;
    for (; number >= 0x80; number >>= 7)
        append((uint8_t)(number | 0x80));
    append((uint8_t)number);
}

static void append_instruction(uint64_t address) {
    open.record.instructions++;
    if (make_room())
        append_address(address);
}

/** By the first of a function's instructions. */
static void append_told(uint64_t slot, unsigned int cpu) {
    if (slot % STRIDE != 0)
        return;
    if (open.record.kind != BYTES)
        begin_record(BYTES, cpu);
    if (make_room())
        append((uint8_t)(slot / STRIDE));
}

/** What begins inside of a window says that a process has died in that. */
static void execute(unsigned int cpu, void *data) {
    uint64_t address = (uint64_t)(uintptr_t)data;
    uint64_t slot = address - plan.table;
    if (address == plan.begin)
        begin_record(WINDOW, cpu);
    else if (slot < TABLE_BYTES)
        append_told(slot, cpu);
    else if (open.record.kind == 0 || cpu != open.cpu)
        return;
    else if (address == plan.end)
        end_record();
    else if (open.record.kind == WINDOW)
        append_instruction(address);
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        uint64_t address = qemu_plugin_insn_vaddr(instruction);
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, execute, QEMU_PLUGIN_CB_NO_REGS,
                                               (void *)(uintptr_t)address);
    }
}

static void finish(qemu_plugin_id_t id, void *data) {
    (void)id, (void)data;
    if (fclose(plan.out) != 0)
        fail("the trace could not be written");
}

static void read_number(const char *argument, const char *name, uint64_t *number) {
    size_t length = strlen(name);
    if (strncmp(argument, name, length) == 0 && argument[length] == '=')
        *number = strtoull(argument + length + 1, NULL, 0);
}

static void read_argument(const char *argument) {
    read_number(argument, "begin", &plan.begin);
    read_number(argument, "end", &plan.end);
    read_number(argument, "table", &plan.table);
    read_number(argument, "limit", &plan.limit);
    if (strncmp(argument, "out=", 4) == 0)
        plan.out = fopen(argument + 4, "wb");
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++)
        read_argument(argv[i]);
    if (plan.out == NULL || plan.begin == 0 || plan.end == 0 || plan.table == 0 ||
        plan.limit == 0) {
        fputs("trace plugin: it takes begin=ADDRESS, end=ADDRESS, table=ADDRESS, limit=BYTES and "
              "out=PATH of a file that can be written.\n",
              stderr);
        return 1;
    }
    write_all("SGTRACE1", 8);
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, finish, NULL);
    return 0;
}
