// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Before a function: a second copy of it for processors with wider registers, chosen when the
// program is loaded. Without contraction of a·b + c the copies differ in width alone and give the
// same bits. Sanitizers start later than the choice is made, so they get one copy.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__AVX2__)
#define SKYWEFT_WIDE_COPIES __attribute__((target_clones("avx2", "default")))
#else
#define SKYWEFT_WIDE_COPIES
#endif
