// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "mpi/transpose_exchange.hpp"

#include <algorithm>
#include <cstring>

#include "mpi/collectives.hpp"
#include "mpi/transpose_tile.hpp"

namespace skyweft::mpi::detail {
namespace {

constexpr std::int64_t kWord = 4;
constexpr std::int64_t kLine = 64;
constexpr std::int64_t kSendBytes = std::int64_t{4} << 20;    // of one round and rank
constexpr std::int64_t kRunBytes = 768;                       // copied at once, where there is room
constexpr std::int64_t kLargeBytes = std::int64_t{32} << 20;  // more than a core's share of caches
constexpr std::int64_t kAheadBytes = 4096;                    // how far ahead of copies to fetch

}  // namespace

Share::Share(std::span<const std::int64_t> numbers)
    : n_(static_cast<std::int64_t>(numbers.size())) {
  items_.reserve(numbers.size());
  for (std::int64_t k = 0; k < n_; ++k) items_.push_back({numbers[static_cast<std::size_t>(k)], k});
  std::ranges::sort(items_, {}, &Item::number);
}

std::int64_t Share::run(std::int64_t i, std::int64_t end) const {
  if (items_.empty()) return end - i;
  std::int64_t n = 1;
  while (i + n < end && number(i + n) == number(i) + n) ++n;
  return n;
}

Range Share::within(const Range& part) const {
  const std::int64_t first = std::min(part.first, n_);
  return {.first = first, .n = std::min(part.end(), n_) - first};
}

/// The part of the exchange done at once: places in every rank's rows and columns.
struct Exchange::Round {
  Range rows;
  Range columns;
  std::int64_t record_bytes;
  std::span<const Giver> givers;  ///< of these rows, by number
  TileTransposer& turn;
  std::vector<const std::byte*> message = {};  ///< [rank] what it gives to this one
};

Exchange::Exchange(const Comm& comm, std::vector<Share> have, std::vector<Share> want,
                   const TransposeLimits& limits)
    : comm_(comm),
      me_(static_cast<std::size_t>(comm.rank())),
      have_(std::move(have)),
      want_(std::move(want)),
      limits_(limits) {
  for (const Share& s : have_) most_rows_ = std::max(most_rows_, s.n());
  for (const Share& s : want_) most_columns_ = std::max(most_columns_, s.n());
  if (comm.size() == 1) return;
  window_ = std::make_unique<NodeWindow>(comm, 2 * kSendBytes, limits.share_memory);
  if (!window_->sees_all()) received_.resize(static_cast<std::size_t>(kSendBytes));
}

/// Rows of every rank in one round; `n_want` becomes the columns of every rank.
Range Exchange::cut(std::int64_t n_word, std::int64_t& n_want) const {
  const std::int64_t record_bytes = n_word * kWord;
  std::int64_t limit = most_rows_ * most_columns_;
  if (window_) limit = kSendBytes / record_bytes / (comm_.size() - 1);
  if (limits_.max_rows_per_message > 0) limit = std::min(limit, limits_.max_rows_per_message);
  limit = std::max<std::int64_t>(limit, 1);
  // Long runs first, then as many rows as fit, then longer runs when all rows fit.
  n_want = std::min({most_columns_, std::max<std::int64_t>(1, kRunBytes / record_bytes), limit});
  const std::int64_t rows = std::clamp<std::int64_t>(limit / n_want, 1, most_rows_);
  n_want = std::clamp<std::int64_t>(limit / rows, n_want, most_columns_);
  return {.first = 0, .n = rows};
}

std::vector<Exchange::Giver> Exchange::givers_of(const Range& rows) const {
  std::vector<Giver> givers;
  for (std::size_t r = 0; r < have_.size(); ++r) {
    const Range mine = have_[r].within(rows);
    for (std::int64_t i = mine.first; i < mine.end(); ++i)
      givers.push_back({.number = have_[r].number(i), .rank = r, .i = i});
  }
  std::ranges::sort(givers, {}, &Giver::number);
  return givers;
}

void Exchange::move(ConstSide from, Side to, std::int64_t n_word) {
  if (most_rows_ == 0 || most_columns_ == 0 || n_word == 0) return;
  std::int64_t n_column = 0;
  Range rows = cut(n_word, n_column);
  TileTransposer turn{n_word, my_columns().n() * to.row_bytes > kLargeBytes};
  for (; rows.first < most_rows_; rows.first += rows.n) {
    const std::vector<Giver> givers = givers_of(rows);
    for (std::int64_t c = 0; c < most_columns_; c += n_column) {
      Round round{.rows = rows,
                  .columns = {c, n_column},
                  .record_bytes = n_word * kWord,
                  .givers = givers,
                  .turn = turn};
      if (window_) send(from, round);
      receive(from, to, round);
    }
  }
  TileTransposer::finish();
}

// A message holds the giver's rows one after the other, each with the receiver's columns; those to
// near ranks lie before those to the others, both in rank order. The two halves of the window are
// used in turns: who writes into one has met all that read it before.
void Exchange::send(const ConstSide& from, Round& round) {
  const std::int64_t half = parity_ * kSendBytes;
  parity_ = 1 - parity_;
  const auto is_near = [&](std::size_t r) { return window_->of_rank(static_cast<int>(r)); };
  const auto n_byte = [&](std::size_t giver, std::size_t taker) {
    return giver == taker ? 0
                          : have_[giver].within(round.rows).n *
                                want_[taker].within(round.columns).n * round.record_bytes;
  };
  std::byte* out = window_->mine().data() + half;
  for (std::size_t r = 0; r < want_.size(); ++r)
    if (is_near(r) && r != me_) out = pack(from, round, r, out);
  const std::byte* far = out;
  for (std::size_t r = 0; r < want_.size(); ++r)
    if (!is_near(r)) out = pack(from, round, r, out);
  window_->meet();

  std::vector<std::int64_t> sent(want_.size(), 0);
  std::vector<std::int64_t> received(want_.size(), 0);
  std::int64_t at = 0;
  for (std::size_t r = 0; r < want_.size(); ++r) {
    if (is_near(r)) {
      std::int64_t before = 0;
      for (std::size_t k = 0; k < me_; ++k)
        if (is_near(k)) before += n_byte(r, k);
      round.message.push_back(window_->of_rank(static_cast<int>(r)) + half + before);
    } else {
      sent[r] = n_byte(me_, r) / kWord;
      received[r] = n_byte(r, me_) / kWord;
      round.message.push_back(received_.data() + at);
      at += n_byte(r, me_);
    }
  }
  if (window_->sees_all()) return;
  const std::span travelling{far, static_cast<std::size_t>(out - far)};
  alltoallv_rows<std::byte>(comm_, travelling, sent, received_, received, kWord);
}

std::byte* Exchange::pack(const ConstSide& from, const Round& round, std::size_t taker,
                          std::byte* out) const {
  const Range mine = my_rows().within(round.rows);
  const Range columns = want_[taker].within(round.columns);
  const std::int64_t ahead = 1 + kAheadBytes / (columns.n * round.record_bytes + 1);
  for (std::int64_t i = mine.first; i < mine.end(); ++i) {
    const std::byte* row = from.base + my_rows().row(i) * from.row_bytes;
    const std::byte* later =
        from.base + my_rows().row(std::min(i + ahead, mine.end() - 1)) * from.row_bytes;
    for (std::int64_t c = columns.first; c < columns.end();) {
      const std::int64_t n = want_[taker].run(c, columns.end());
      const std::int64_t start = want_[taker].number(c) * round.record_bytes;
      const std::int64_t n_byte = n * round.record_bytes;
      for (std::int64_t b = 0; b < n_byte; b += kLine) __builtin_prefetch(later + start + b);
      std::memcpy(out, row + start, static_cast<std::size_t>(n_byte));
      out += n_byte;
      c += n;
    }
  }
  return out;
}

void Exchange::receive(const ConstSide& from, const Side& to, const Round& round) {
  const Range columns = my_columns().within(round.columns);
  const auto n_giver = static_cast<std::int64_t>(round.givers.size());
  std::vector<const std::byte*> rows(round.givers.size());
  std::vector<std::byte*> out;
  for (std::int64_t c = columns.first; c < columns.end();) {
    const std::int64_t n = my_columns().run(c, columns.end());
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const Giver& giver = round.givers[k];
      rows[k] = giver.rank == me_
                    ? from.base + my_rows().row(giver.i) * from.row_bytes +
                          my_columns().number(c) * round.record_bytes
                    : round.message[giver.rank] +
                          ((giver.i - round.rows.first) * columns.n + c - columns.first) *
                              round.record_bytes;
    }
    for (std::int64_t k = 0; k < n_giver;) {
      const std::int64_t first = round.givers[static_cast<std::size_t>(k)].number;
      std::int64_t n_row = 1;
      while (k + n_row < n_giver &&
             round.givers[static_cast<std::size_t>(k + n_row)].number == first + n_row)
        ++n_row;
      out.clear();
      for (std::int64_t j = c; j < c + n; ++j)
        out.push_back(to.base + my_columns().row(j) * to.row_bytes + first * round.record_bytes);
      round.turn(
          std::span{rows}.subspan(static_cast<std::size_t>(k), static_cast<std::size_t>(n_row)),
          out);
      k += n_row;
    }
    c += n;
  }
}

}  // namespace skyweft::mpi::detail
