// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "mpi/transpose.hpp"

#include <algorithm>
#include <bit>
#include <climits>
#include <vector>

#include "core/error.hpp"
#include "mpi/collectives.hpp"

namespace skyweft::mpi {

namespace {

// On the wire a point is one row of words: flux [ap], error [ap], x, y, background, its error,
// quality, then the extra columns.
using Word = std::uint32_t;
static_assert(sizeof(float) == sizeof(Word) && sizeof(QualityBits) == sizeof(Word));

constexpr std::int64_t kBufferBytes = std::int64_t{64} << 20;
constexpr std::int64_t kTile = 32;  // points of 32 × 32 tiles stay in the second-level cache

std::int64_t words_per_point(std::int64_t n_ap, std::int64_t n_extra) {
  return 2 * n_ap + 5 + n_extra;
}

void pack(const PointColumns& p, std::int64_t at, std::int64_t n_ap, Word* out) {
  for (std::int64_t a = 0; a < n_ap; ++a) {
    out[a] = std::bit_cast<Word>(p.flux_e[static_cast<std::size_t>(at * n_ap + a)]);
    out[n_ap + a] = std::bit_cast<Word>(p.flux_err_e[static_cast<std::size_t>(at * n_ap + a)]);
  }
  const auto i = static_cast<std::size_t>(at);
  out += 2 * n_ap;
  out[0] = std::bit_cast<Word>(p.x_px[i]);
  out[1] = std::bit_cast<Word>(p.y_px[i]);
  out[2] = std::bit_cast<Word>(p.bg_e[i]);
  out[3] = std::bit_cast<Word>(p.bg_err_e[i]);
  out[4] = std::bit_cast<Word>(p.quality[i]);
  for (std::size_t k = 0; k < p.extra.size(); ++k)
    out[5 + k] = std::bit_cast<Word>(p.extra[k].value[i]);
}

void unpack(PointColumns& p, std::int64_t at, std::int64_t n_ap, const Word* in) {
  for (std::int64_t a = 0; a < n_ap; ++a) {
    p.flux_e[static_cast<std::size_t>(at * n_ap + a)] = std::bit_cast<float>(in[a]);
    p.flux_err_e[static_cast<std::size_t>(at * n_ap + a)] = std::bit_cast<float>(in[n_ap + a]);
  }
  const auto i = static_cast<std::size_t>(at);
  in += 2 * n_ap;
  p.x_px[i] = std::bit_cast<float>(in[0]);
  p.y_px[i] = std::bit_cast<float>(in[1]);
  p.bg_e[i] = std::bit_cast<float>(in[2]);
  p.bg_err_e[i] = std::bit_cast<float>(in[3]);
  p.quality[i] = std::bit_cast<QualityBits>(in[4]);
  for (std::size_t k = 0; k < p.extra.size(); ++k)
    p.extra[k].value[i] = std::bit_cast<float>(in[5 + k]);
}

/// Calls visit(outer, inner) for all of a rectangle, tile by tile.
template <class F>
void tiled(std::int64_t n_outer, std::int64_t n_inner, const F& visit) {
  for (std::int64_t o = 0; o < n_outer; o += kTile)
    for (std::int64_t i = 0; i < n_inner; i += kTile)
      for (std::int64_t oo = o; oo < std::min(o + kTile, n_outer); ++oo)
        for (std::int64_t ii = i; ii < std::min(i + kTile, n_inner); ++ii) visit(oo, ii);
}

/// Who holds which frames and which stars; the same on every rank.
struct Owners {
  std::int64_t n_ap = 0;
  std::int64_t n_extra = 0;
  std::vector<std::vector<std::int64_t>> frames;  ///< [rank] frame numbers in row order
  std::vector<Range> stars;                       ///< [rank]
};

/// The part of the exchange done at once: places in every rank's frame list and star range.
struct Round {
  Range frames;
  Range stars;
};

std::int64_t overlap_end(std::int64_t n, const Range& part) {
  return std::min(n, part.end());
}
std::int64_t n_within(std::int64_t n, const Range& part) {
  return std::max<std::int64_t>(0, overlap_end(n, part) - part.first);
}

Owners find_owners(const Comm& comm, std::span<const std::int64_t> my_frames,
                   std::int64_t n_frame_total, std::int64_t n_star, std::int64_t chunk_stars,
                   std::int64_t n_ap, std::int64_t n_extra) {
  Owners owners{.n_ap = n_ap, .n_extra = n_extra, .frames = {}, .stars = {}};
  const auto counts = detail::gather_counts(comm, static_cast<std::int64_t>(my_frames.size()));
  const auto all = allgatherv_rows<std::int64_t>(comm, my_frames);
  std::vector<bool> seen(static_cast<std::size_t>(n_frame_total), false);
  for (const std::int64_t f : all) {
    if (f < 0 || f >= n_frame_total || seen[static_cast<std::size_t>(f)])
      throw Error{Errc::internal,
                  "transpose: a frame number is out of range or owned by two ranks"};
    seen[static_cast<std::size_t>(f)] = true;
  }
  auto next = all.begin();
  for (int rank = 0; rank < comm.size(); ++rank) {
    const std::int64_t n = counts[static_cast<std::size_t>(rank)];
    owners.frames.emplace_back(next, next + n);
    next += n;
    owners.stars.push_back(chunked_range(n_star, chunk_stars, comm.size(), rank));
  }
  return owners;
}

/// Cuts the exchange so that no message exceeds the limit: by frames, and when one frame is too
/// long by stars.
std::vector<Round> cut_rounds(const Comm& comm, const Owners& owners,
                              const TransposeLimits& limits) {
  std::int64_t n_frame = 0;
  std::int64_t n_star = 0;
  for (const auto& f : owners.frames)
    n_frame = std::max(n_frame, static_cast<std::int64_t>(f.size()));
  for (const Range& s : owners.stars) n_star = std::max(n_star, s.n);
  const std::int64_t point_bytes =
      words_per_point(owners.n_ap, owners.n_extra) * static_cast<std::int64_t>(sizeof(Word));
  const std::int64_t half =
      kBufferBytes / 2 / comm.size();  // one half to send from, one to receive into
  std::int64_t limit =
      limits.max_rows_per_message > 0 ? limits.max_rows_per_message : half / point_bytes;
  limit =
      std::clamp<std::int64_t>(limit, 1, INT_MAX / comm.size());  // displacements count rows too
  const std::int64_t stars = std::clamp<std::int64_t>(n_star, 1, limit);
  const std::int64_t frames = std::max<std::int64_t>(1, limit / stars);
  std::vector<Round> rounds;
  for (std::int64_t f = 0; f < n_frame; f += frames)
    for (std::int64_t s = 0; s < n_star; s += stars)
      rounds.push_back({.frames = {f, frames}, .stars = {s, stars}});
  return rounds;
}

/// Points that the owner of `n_frame` frames and the owner of `stars` exchange in a round.
std::int64_t message_rows(std::int64_t n_frame, const Range& stars, const Round& round) {
  return n_within(n_frame, round.frames) * n_within(stars.n, round.stars);
}

/// One round: `frame_rows[r]` points belong to my frames and rank r's stars, `star_rows[r]` to rank
/// r's frames and my stars; points lie frame after frame in both messages.
struct Messages {
  std::vector<std::int64_t> frame_rows;
  std::vector<std::int64_t> star_rows;
  std::vector<Word> frame_words;
  std::vector<Word> star_words;
};

Messages room_for(const Comm& comm, const Owners& owners, const Round& round) {
  const auto me = static_cast<std::size_t>(comm.rank());
  Messages m;
  std::int64_t n_frame_side = 0;
  std::int64_t n_star_side = 0;
  for (std::size_t r = 0; r < owners.frames.size(); ++r) {
    m.frame_rows.push_back(message_rows(std::ssize(owners.frames[me]), owners.stars[r], round));
    m.star_rows.push_back(message_rows(std::ssize(owners.frames[r]), owners.stars[me], round));
    n_frame_side += m.frame_rows.back();
    n_star_side += m.star_rows.back();
  }
  const std::int64_t width = words_per_point(owners.n_ap, owners.n_extra);
  m.frame_words.resize(static_cast<std::size_t>(n_frame_side * width));
  m.star_words.resize(static_cast<std::size_t>(n_star_side * width));
  return m;
}

/// Calls visit(row of my frame block, row of the whole star axis, word offset) for all points of
/// the frame side.
template <class F>
void each_frame_side(const Comm& comm, const Owners& owners, const Round& round, const F& visit) {
  const std::int64_t n_frame = std::ssize(owners.frames[static_cast<std::size_t>(comm.rank())]);
  std::int64_t word = 0;
  for (const Range& stars : owners.stars) {
    const std::int64_t n_star = n_within(stars.n, round.stars);
    for (std::int64_t f = round.frames.first; f < overlap_end(n_frame, round.frames); ++f)
      for (std::int64_t s = 0; s < n_star;
           ++s, word += words_per_point(owners.n_ap, owners.n_extra))
        visit(f, stars.first + round.stars.first + s, word);
  }
}

/// Calls visit(row of my star block, frame number, word offset) for all points of the star side.
template <class F>
void each_star_side(const Comm& comm, const Owners& owners, const Round& round, const F& visit) {
  const std::int64_t n_star =
      n_within(owners.stars[static_cast<std::size_t>(comm.rank())].n, round.stars);
  std::int64_t start = 0;
  for (const auto& frames : owners.frames) {
    const std::int64_t n_frame = n_within(std::ssize(frames), round.frames);
    tiled(n_star, n_frame, [&](std::int64_t s, std::int64_t f) {
      const std::int64_t number = frames[static_cast<std::size_t>(round.frames.first + f)];
      visit(round.stars.first + s, number,
            (start + f * n_star + s) * words_per_point(owners.n_ap, owners.n_extra));
    });
    start += n_frame * n_star;
  }
}

/// The largest aperture count; ranks with an empty block do not know it. All know the extra
/// columns.
std::int64_t agreed_n_ap(const Comm& comm, std::int64_t mine, std::int64_t n_extra,
                         bool shape_is_right, bool has_points) {
  const std::int64_t n_ap = max_over_ranks(comm, mine);
  const std::int64_t n_extra_max = max_over_ranks(comm, n_extra);
  if (!comm.all_of(shape_is_right && n_extra == n_extra_max && (!has_points || mine == n_ap)))
    throw Error{Errc::internal, "transpose: the shapes of the ranks' blocks disagree"};
  return n_ap;
}

}  // namespace

StarBlock transpose(const Comm& comm, const FrameBlock& mine,
                    std::span<const std::int64_t> my_frames, std::int64_t n_frame_total,
                    Range pass_stars, std::int64_t chunk_stars, const TransposeLimits& limits) {
  const bool fits = mine.n_frame == std::ssize(my_frames) && pass_stars.first >= 0 &&
                    pass_stars.n >= 0 && (mine.n_frame == 0 || pass_stars.end() <= mine.n_star);
  const std::int64_t n_ap =
      agreed_n_ap(comm, mine.n_ap, std::ssize(mine.points.extra), fits, mine.n_frame > 0);
  const Owners owners = find_owners(comm, my_frames, n_frame_total, pass_stars.n, chunk_stars, n_ap,
                                    std::ssize(mine.points.extra));
  StarBlock out = make_star_block(owners.stars[static_cast<std::size_t>(comm.rank())].n,
                                  n_frame_total, n_ap, mine.points.extra_names());
  for (const Round& round : cut_rounds(comm, owners, limits)) {
    Messages m = room_for(comm, owners, round);
    each_frame_side(comm, owners, round,
                    [&](std::int64_t frame, std::int64_t star, std::int64_t word) {
                      pack(mine.points, frame * mine.n_star + pass_stars.first + star, n_ap,
                           m.frame_words.data() + word);
                    });
    alltoallv_rows<Word>(comm, m.frame_words, m.frame_rows, m.star_words, m.star_rows,
                         words_per_point(n_ap, owners.n_extra));
    each_star_side(
        comm, owners, round, [&](std::int64_t star, std::int64_t frame, std::int64_t word) {
          unpack(out.points, star * n_frame_total + frame, n_ap, m.star_words.data() + word);
        });
  }
  return out;
}

FrameBlock transpose_back(const Comm& comm, const StarBlock& mine,
                          std::span<const std::int64_t> my_frames, std::int64_t n_star_total,
                          std::int64_t chunk_stars, const TransposeLimits& limits) {
  const std::int64_t n_frame_total = max_over_ranks(comm, mine.n_frame);
  const bool fits =
      mine.n_star == chunked_range(n_star_total, chunk_stars, comm.size(), comm.rank()).n &&
      (mine.n_star == 0 || mine.n_frame == n_frame_total);
  const std::int64_t n_ap =
      agreed_n_ap(comm, mine.n_ap, std::ssize(mine.points.extra), fits, mine.n_star > 0);
  const Owners owners = find_owners(comm, my_frames, n_frame_total, n_star_total, chunk_stars, n_ap,
                                    std::ssize(mine.points.extra));
  FrameBlock out =
      make_frame_block(std::ssize(my_frames), n_star_total, n_ap, mine.points.extra_names());
  for (const Round& round : cut_rounds(comm, owners, limits)) {
    Messages m = room_for(comm, owners, round);
    each_star_side(
        comm, owners, round, [&](std::int64_t star, std::int64_t frame, std::int64_t word) {
          pack(mine.points, star * mine.n_frame + frame, n_ap, m.star_words.data() + word);
        });
    alltoallv_rows<Word>(comm, m.star_words, m.star_rows, m.frame_words, m.frame_rows,
                         words_per_point(n_ap, owners.n_extra));
    each_frame_side(
        comm, owners, round, [&](std::int64_t frame, std::int64_t star, std::int64_t word) {
          unpack(out.points, frame * n_star_total + star, n_ap, m.frame_words.data() + word);
        });
  }
  return out;
}

}  // namespace skyweft::mpi
