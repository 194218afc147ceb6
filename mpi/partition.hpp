// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace skyweft::mpi {

/// The items first … first + n − 1.
struct Range {
  std::int64_t first = 0;
  std::int64_t n = 0;
  std::int64_t end() const noexcept { return first + n; }
  bool operator==(const Range&) const = default;
};

/// Part `i_part` of `n_items` cut into `n_parts` consecutive ranges whose sizes differ by at most
/// one. Collective: no. Throws: never.
Range block_range(std::int64_t n_items, std::int64_t n_parts, std::int64_t i_part) noexcept;

/// As block_range, but cuts lie at multiples of `chunk`, so that no chunk has two owners; only the
/// last chunk may be short. Collective: no. Throws: never.
Range chunked_range(std::int64_t n_items, std::int64_t chunk, std::int64_t n_parts,
                    std::int64_t i_part) noexcept;

}  // namespace skyweft::mpi
