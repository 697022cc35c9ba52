#!/usr/bin/env bash
# Checks the native code: its format, compiler warnings on both architectures, and static analysers.
set -euo pipefail
cd "$(dirname "$0")/.."

# The probe is every room with C sources, except the tools, which are programs of their own.
mapfile -t c_sources < <(find native -name '*.c' -not -path 'native/tools/*' | sort)
plugin_sources=(native/tools/trace_plugin.c)
cxx_sources=(native/launch/*.cc)
headers=(native/*/*.h test/native/*.h)
program_sources=(native/tools/seccomp_compile.c test/native/*.c)
warnings=(-Wall -Wextra -Wpedantic -Wshadow -Werror)
c_flags=(-std=c11 -D_GNU_SOURCE -O2 -pthread "${warnings[@]}")
napi=(-isystem node_modules/node-addon-api -isystem node_modules/node-api-headers/include)
cxx_flags=(-std=c++17 -fPIC -DNAPI_VERSION=8 -DNAPI_CPP_EXCEPTIONS "${warnings[@]}" "${napi[@]}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo '• clang-format'
clang-format --dry-run --Werror \
  "${c_sources[@]}" "${plugin_sources[@]}" "${cxx_sources[@]}" "${headers[@]}" \
  "${program_sources[@]}"

for compiler in gcc clang aarch64-linux-gnu-gcc; do
  echo "• probe with $compiler"
  "$compiler" "${c_flags[@]}" -static "${c_sources[@]}" -o "$work/probe-$compiler"
done
for source in "${program_sources[@]}"; do
  gcc "${c_flags[@]}" "$source" -o "$work/$(basename "$source" .c)"
done
for compiler in gcc clang; do
  echo "• plugin with $compiler"
  "$compiler" "${c_flags[@]}" -fPIC -shared "${plugin_sources[@]}" -o "$work/plugin-$compiler.so"
done
for compiler in g++ clang++; do
  echo "• addon with $compiler"
  "$compiler" "${cxx_flags[@]}" -shared "${cxx_sources[@]}" -o "$work/addon-$compiler"
done

echo '• gcc -fanalyzer'
for source in "${c_sources[@]}" "${plugin_sources[@]}"; do
  gcc "${c_flags[@]}" -fanalyzer -c "$source" -o "$work/analysed.o"
done
echo '• clang-tidy'
clang-tidy --quiet --warnings-as-errors='*' "${c_sources[@]}" "${plugin_sources[@]}" -- -std=c11 -D_GNU_SOURCE
clang-tidy --quiet --warnings-as-errors='*' "${cxx_sources[@]}" -- \
  -std=c++17 -DNAPI_VERSION=8 -DNAPI_CPP_EXCEPTIONS "${napi[@]}"
