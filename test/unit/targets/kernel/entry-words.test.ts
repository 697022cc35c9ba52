import { describe, expect, test } from 'vitest';
import { entryWords } from '../../../../src/targets/kernel/entry-words.js';

describe('of a running kernel, what it costs to enter it is', () => {
  test.each([
    [
      'a runner of GitHub, which chooses nothing',
      'BOOT_IMAGE=/vmlinuz-6.8.0-1017-azure root=PARTUUID=7a9 ro console=tty1 console=ttyS0 earlyprintk=ttyS0 nvme_core.io_timeout=240 panic=-1',
      '',
    ],
    [
      'mitigations, in the order in which the last one wins',
      'root=/dev/sda1 mitigations=off quiet spectre_v2=on mitigations=auto,nosmt init=/sbin/init',
      'mitigations=off spectre_v2=on mitigations=auto,nosmt',
    ],
    [
      'switches without a value, hooks and hardening',
      'nopti nospectre_v1 audit=1 lsm=landlock,apparmor,bpf apparmor=1 init_on_alloc=1 preempt=full',
      'nopti nospectre_v1 audit=1 lsm=landlock,apparmor,bpf apparmor=1 init_on_alloc=1 preempt=full',
    ],
    [
      'written with dashes, which the kernel takes for underscores',
      'spec-store-bypass-disable=on randomize-kstack-offset=on',
      'spec-store-bypass-disable=on randomize-kstack-offset=on',
    ],
    ['nothing of what goes to the init', 'quiet mds=full -- mitigations=off audit=1', 'mds=full'],
    [
      'nothing inside of quotes, and nothing that only begins alike',
      'dyndbg="file a.c +p mitigations=off" mds.x=1 pti_=on lsm.debug mitigations',
      'mitigations',
    ],
    [
      'nothing that the guest would not take as one word',
      'lsm="a b" audit=\u00e9 mds=off\n',
      'mds=off',
    ],
  ])('%s', (_, line, words) => {
    expect(entryWords(line)).toBe(words);
  });
});
