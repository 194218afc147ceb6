// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "mpi/partition.hpp"

#include <algorithm>

namespace skyweft::mpi {

Range block_range(std::int64_t n_items, std::int64_t n_parts, std::int64_t i_part) noexcept {
  const std::int64_t each = n_items / n_parts;
  const std::int64_t longer = n_items % n_parts;  // the first `longer` parts hold one more
  return {.first = i_part * each + std::min(i_part, longer), .n = each + (i_part < longer ? 1 : 0)};
}

Range chunked_range(std::int64_t n_items, std::int64_t chunk, std::int64_t n_parts,
                    std::int64_t i_part) noexcept {
  const Range chunks = block_range((n_items + chunk - 1) / chunk, n_parts, i_part);
  const std::int64_t first = std::min(chunks.first * chunk, n_items);
  return {.first = first, .n = std::min(chunks.end() * chunk, n_items) - first};
}

}  // namespace skyweft::mpi
