#include "exit_image.h"

#include <errno.h>

#if defined(__x86_64__) && !defined(__ILP32__)

#define MACHINE EM_X86_64
#define EXIT_GROUP_0                                                                               \
    {                                                                                              \
        0x31, 0xff,                       /* xor %edi, %edi */                                     \
            0xb8, 0xe7, 0x00, 0x00, 0x00, /* mov $231, %eax */                                     \
            0x0f, 0x05,                   /* syscall */                                            \
    }

#elif defined(__AARCH64EL__) && !defined(__ILP32__)

#define MACHINE EM_AARCH64
#define EXIT_GROUP_0                                                                               \
    {                                                                                              \
        0x00, 0x00, 0x80, 0xd2,     /* mov x0, #0 */                                               \
            0xc8, 0x0b, 0x80, 0xd2, /* mov x8, #94 */                                              \
            0x01, 0x00, 0x00, 0xd4, /* svc #0 */                                                   \
    }

#endif

#ifdef MACHINE

#include <elf.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "scratch.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x10u /* Linux 6.3 */
#endif

/** The address of nearly all static executables, and a multiple of the largest page. */
#define ADDRESS 0x400000u

struct image {
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    unsigned char code[16];
};

/** One segment holds the whole file, headers included, as linkers do it too. */
static const struct image image = {
    .header =
        {
            .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
            .e_type = ET_EXEC,
            .e_machine = MACHINE,
            .e_version = EV_CURRENT,
            .e_entry = ADDRESS + offsetof(struct image, code),
            .e_phoff = offsetof(struct image, segment),
            .e_ehsize = sizeof(Elf64_Ehdr),
            .e_phentsize = sizeof(Elf64_Phdr),
            .e_phnum = 1,
        },
    .segment =
        {
            .p_type = PT_LOAD,
            .p_flags = PF_R | PF_X,
            .p_vaddr = ADDRESS,
            .p_filesz = sizeof(struct image),
            .p_memsz = sizeof(struct image),
            .p_align = 0x10000,
        },
    .code = EXIT_GROUP_0,
};

/**
 * MFD_EXEC makes it executable even if vm.memfd_noexec forbids that by default (memfd_create(2)).
 */
static int create(void) {
    int file = memfd_create("exit", MFD_CLOEXEC | MFD_EXEC);
    return file < 0 && errno == EINVAL ? memfd_create("exit", MFD_CLOEXEC) : file;
}

int exit_image(struct bench *bench) {
    int file = create();
    if (file < 0) {
        bench_fail(bench, "memfd_create(MFD_EXEC)", errno);
    } else if (write(file, &image, sizeof image) != (ssize_t)sizeof image) {
        bench_fail(bench, "write(memfd)", errno);
        scratch_close(&file);
    }
    return file;
}

#else

int exit_image(struct bench *bench) {
    bench_fail(bench, "execveat: no executable for this architecture", ENOSYS);
    return -1;
}

#endif
