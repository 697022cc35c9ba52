import { describe, expect, test } from 'vitest';
import { countingCommandLine } from '../../../../src/targets/kernel/instruction-clock.js';

describe('the command line of a kernel that is counted', () => {
  test('leaves nothing at random, and lets the user take back all but where the kernel lies', () => {
    const words = countingCommandLine('x86_64', 1, 'pti=on dhash_entries=8').split(' ');
    expect(words).toContain('norandmaps');
    expect(words.slice(-3)).toEqual(['pti=on', 'dhash_entries=8', 'nokaslr']);
    const arm64 = countingCommandLine('aarch64', 1, 'randomize_kstack_offset=on');
    expect(arm64).toMatch(/randomize_kstack_offset=off .*randomize_kstack_offset=on nokaslr$/);
  });

  test('leaves each of several processors its timer', () => {
    expect(countingCommandLine('x86_64', 1, '')).toContain('nolapic_timer');
    expect(countingCommandLine('x86_64', 2, '')).not.toContain('nolapic_timer');
  });

  test('has only words that a kernel of the architecture knows, since others go to its init', () => {
    const words = countingCommandLine('aarch64', 1, '').split(' ');
    expect(words).not.toContain('nolapic_timer');
    expect(words).toContain('nokaslr');
  });
});
