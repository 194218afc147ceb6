// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "shape/star_shape.hpp"

namespace skyweft::phot {

/// Lists of numbers, one after the other: list i is other[first[i]] … other[first[i + 1] − 1].
struct IndexLists {
  std::vector<std::int64_t> first{0};
  std::vector<std::int64_t> other;

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(first.size()) - 1; }
  std::span<const std::int64_t> operator[](std::int64_t i) const noexcept {
    const auto from = static_cast<std::size_t>(first[static_cast<std::size_t>(i)]);
    const auto to = static_cast<std::size_t>(first[static_cast<std::size_t>(i) + 1]);
    return std::span{other}.subspan(from, to - from);
  }
  void close() { first.push_back(static_cast<std::int64_t>(other.size())); }
  bool operator==(const IndexLists&) const = default;
};

/// Where a star's flux is fitted, and where its light reaches; empty windows for a star that takes
/// no part.
struct StarReach {
  shape::PixelWindow fitted;
  shape::PixelWindow lit;
};

/// Finds for every star those whose light reaches the pixels where it is fitted, or the other way
/// round: symmetric, ascending, without itself. Cost: stars × stars near. Collective: no.
IndexLists linked_stars(std::span<const StarReach> reach);

/// Joins linked stars (union–find): groups in the order of their first member, members ascending. A
/// star that is not fitted and reaches nobody is in no group.
IndexLists groups_of(const IndexLists& links, std::span<const StarReach> reach);

/// How much two members of a group have in common, 0 to 1.
struct Bond {
  std::int64_t a = 0;
  std::int64_t b = 0;
  double strength = 0.0;
};

/// Cuts `n` members into pieces of `most` at most, joining the strongest bonds first (ties by
/// index). Returns each member's piece, numbered by first member.
std::vector<std::int64_t> pieces_of(std::int64_t n, std::vector<Bond> bonds, std::int64_t most);

}  // namespace skyweft::phot
