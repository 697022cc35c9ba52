#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "../base/text.h"
#include "environment.h"

#define FIELD 128

struct cpu {
    char vendor[FIELD], model[FIELD], family[FIELD], number[FIELD], stepping[FIELD];
    char hypervisor[FIELD];
};

#if defined(__x86_64__) || defined(__i386__)

#include <cpuid.h>

/* CPUID works in any container, and a sandbox cannot change it, as it can /proc/cpuinfo. Leaves and
 * fields: Intel SDM volume 2A, CPUID; AMD64 APM volume 3, appendix E. */
struct leaf {
    unsigned eax, ebx, ecx, edx;
};

static struct leaf cpuid(unsigned number) {
    struct leaf leaf;
    __cpuid_count(number, 0, leaf.eax, leaf.ebx, leaf.ecx, leaf.edx);
    return leaf;
}

static void read_vendor(struct cpu *cpu) {
    struct leaf leaf = cpuid(0);
    const unsigned words[] = {leaf.ebx, leaf.edx, leaf.ecx};
    memcpy(cpu->vendor, words, sizeof words);
}

/** Old CPUs pad the brand string with spaces in front. All pad it with NUL at the end. */
static void read_model(struct cpu *cpu) {
    char brand[3 * sizeof(struct leaf) + 1] = {0};
    if (cpuid(0x80000000u).eax < 0x80000004u)
        return;
    for (unsigned i = 0; i < 3; i++) {
        struct leaf leaf = cpuid(0x80000002u + i);
        memcpy(brand + i * sizeof leaf, &leaf, sizeof leaf);
    }
    text_copy(cpu->model, sizeof cpu->model, brand + strspn(brand, " "));
}

static void read_signature(struct cpu *cpu) {
    unsigned signature = cpuid(1).eax;
    unsigned family = signature >> 8 & 0xf;
    unsigned model = signature >> 4 & 0xf;
    if (family == 6 || family == 15)
        model += (signature >> 16 & 0xf) << 4;
    if (family == 15)
        family += signature >> 20 & 0xff;
    snprintf(cpu->family, sizeof cpu->family, "%u", family);
    snprintf(cpu->number, sizeof cpu->number, "%u", model);
    snprintf(cpu->stepping, sizeof cpu->stepping, "%u", signature & 0xf);
}

/** Hardware never sets bit 31. Leaf 0x40000000 is the hypervisor's (Linux: cpuid_base.h). */
static void read_hypervisor(struct cpu *cpu) {
    if ((cpuid(1).ecx >> 31) == 0) {
        text_copy(cpu->hypervisor, sizeof cpu->hypervisor, "none");
        return;
    }
    struct leaf leaf = cpuid(0x40000000u);
    char signature[3 * sizeof leaf.ebx + 1] = {0};
    memcpy(signature, &leaf.ebx, sizeof signature - 1);
    text_copy(cpu->hypervisor, sizeof cpu->hypervisor, signature[0] != '\0' ? signature : UNKNOWN);
}

static void read_cpu(const char *cpuinfo, struct cpu *cpu) {
    (void)cpuinfo;
    read_vendor(cpu);
    read_model(cpu);
    read_signature(cpu);
    read_hypervisor(cpu);
}

#else

/** The fields of arm64. On other architectures they are unknown. */
static void read_cpu(const char *cpuinfo, struct cpu *cpu) {
    text_field(cpuinfo, "CPU implementer", cpu->vendor, sizeof cpu->vendor);
    text_field(cpuinfo, "model name", cpu->model, sizeof cpu->model);
    text_field(cpuinfo, "CPU variant", cpu->family, sizeof cpu->family);
    text_field(cpuinfo, "CPU part", cpu->number, sizeof cpu->number);
    text_field(cpuinfo, "CPU revision", cpu->stepping, sizeof cpu->stepping);
    text_read("/sys/hypervisor/type", cpu->hypervisor, sizeof cpu->hypervisor);
}

#endif

static void write_field(struct wire *wire, const char *key, const char *value) {
    wire_key(wire, key);
    wire_string(wire, value[0] != '\0' ? value : UNKNOWN);
}

static void write_cpu(struct wire *wire) {
    /* The first processor's entry is enough. Reading all of them interrupts every CPU for its
     * speed. */
    char cpuinfo[MAX_TEXT];
    char microcode[FIELD];
    struct cpu cpu = {0};
    text_read("/proc/cpuinfo", cpuinfo, sizeof cpuinfo);
    text_field(cpuinfo, "microcode", microcode, sizeof microcode);
    read_cpu(cpuinfo, &cpu);
    write_field(wire, "cpuVendor", cpu.vendor);
    write_field(wire, "cpuModel", cpu.model);
    write_field(wire, "cpuFamily", cpu.family);
    write_field(wire, "cpuModelNumber", cpu.number);
    write_field(wire, "cpuStepping", cpu.stepping);
    write_field(wire, "microcode", microcode);
    write_field(wire, "hypervisor", cpu.hypervisor);
}

/** Not by sysconf(3): it may fall back on the affinity mask, which counts one CPU if pinned. */
static unsigned online_cpus(void) {
    char list[MAX_TEXT]; /* "0-3,8-11" */
    unsigned count = 0;
    text_read("/sys/devices/system/cpu/online", list, sizeof list);
    for (const char *range = list; range != NULL;) {
        unsigned first;
        unsigned last;
        int numbers = sscanf(range, "%u-%u", &first, &last);
        if (numbers > 0)
            count += numbers == 2 && last > first ? last - first + 1 : 1;
        range = strchr(range, ',');
        range = range != NULL ? range + 1 : NULL;
    }
    return count > 0 ? count : 1;
}

void write_platform(struct wire *wire) {
    struct utsname name = {0};
    char clocksource[FIELD];
    char smt[FIELD];
    uname(&name);
    text_read("/sys/devices/system/clocksource/clocksource0/current_clocksource", clocksource,
              sizeof clocksource);
    if (text_read("/sys/devices/system/cpu/smt/active", smt, sizeof smt))
        text_copy(smt, sizeof smt, smt[0] == '1' ? "active" : "inactive");

    wire_open(wire, '{');
    write_field(wire, "architecture", name.machine);
    write_cpu(wire);
    wire_key(wire, "cpuCount");
    wire_integer(wire, online_cpus());
    write_field(wire, "clocksource", clocksource);
    write_field(wire, "smt", smt);
    wire_close(wire, '}');
}
