// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "mpi/comm.hpp"
#include "mpi/node_window.hpp"
#include "mpi/partition.hpp"
#include "mpi/transpose.hpp"

namespace skyweft::mpi::detail {

/// The numbers of frames or of stars that one rank holds, ascending, and in which row each lies.
class Share {
 public:
  Share() = default;
  /// Consecutive numbers in rows 0, 1, 2 …
  explicit Share(Range range) : n_(range.n), first_(range.first) {}
  /// Row k holds `numbers[k]`.
  explicit Share(std::span<const std::int64_t> numbers);

  std::int64_t n() const noexcept { return n_; }
  std::int64_t number(std::int64_t i) const {
    return items_.empty() ? first_ + i : items_[static_cast<std::size_t>(i)].number;
  }
  std::int64_t row(std::int64_t i) const {
    return items_.empty() ? i : items_[static_cast<std::size_t>(i)].row;
  }
  /// How many numbers are consecutive from the i-th on, looking no further than `end`.
  std::int64_t run(std::int64_t i, std::int64_t end) const;
  /// Of the positions in `part`, those that exist here.
  Range within(const Range& part) const;

 private:
  struct Item {
    std::int64_t number;
    std::int64_t row;
  };
  std::int64_t n_ = 0;
  std::int64_t first_ = 0;
  std::vector<Item> items_;  ///< empty for consecutive numbers
};

/// One side of the matrix in memory: element (row, number) starts at base + row·row_bytes +
/// number·record bytes.
struct Side {
  std::byte* base;
  std::int64_t row_bytes;
};
struct ConstSide {
  const std::byte* base;
  std::int64_t row_bytes;
};

/// Moves columns from ranks that each hold some rows of a matrix to ranks that each hold some
/// columns of it, as rows of theirs.
///
/// What a rank gives to itself goes straight from block to block. What it gives to others it copies
/// in runs into its messages, where ranks of the same node read it and from where it is sent to the
/// other nodes; rounds are small enough to stay in a cache.
class Exchange {
 public:
  /// Collective. `have` and `want` say for every rank which rows it holds and which columns it
  /// asks for; equal on all ranks.
  Exchange(const Comm& comm, std::vector<Share> have, std::vector<Share> want,
           const TransposeLimits& limits);

  /// Collective. Moves one column of records of `n_word` four-byte words. In `from` rows are those
  /// of this rank's `have` and numbers those of `want`; in `to` the other way round.
  void move(ConstSide from, Side to, std::int64_t n_word);

  const Share& my_rows() const { return have_[me_]; }
  const Share& my_columns() const { return want_[me_]; }

 private:
  /// A row of the matrix that a rank gives: the i-th of its share.
  struct Giver {
    std::int64_t number;
    std::size_t rank;
    std::int64_t i;
  };
  struct Round;
  Range cut(std::int64_t n_word, std::int64_t& n_want) const;
  std::vector<Giver> givers_of(const Range& rows) const;
  void send(const ConstSide& from, Round& round);
  std::byte* pack(const ConstSide& from, const Round& round, std::size_t taker,
                  std::byte* out) const;
  void receive(const ConstSide& from, const Side& to, const Round& round);

  const Comm& comm_;
  std::size_t me_;
  std::vector<Share> have_;
  std::vector<Share> want_;
  std::int64_t most_rows_ = 0;     ///< of any rank
  std::int64_t most_columns_ = 0;  ///< of any rank
  TransposeLimits limits_;
  std::unique_ptr<NodeWindow> window_;  ///< what this rank sends, twice; null for one rank
  std::vector<std::byte> received_;     ///< from other nodes
  int parity_ = 0;
};

}  // namespace skyweft::mpi::detail
