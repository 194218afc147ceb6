// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "mpi/transpose.hpp"

#include <algorithm>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/units.hpp"
#include "mpi/collectives.hpp"
#include "mpi/transpose_exchange.hpp"

namespace skyweft::mpi {

namespace {

using detail::Exchange;
using detail::Share;

/// Makes room for `n` values, which will all be written. New memory is asked for in large pages,
/// where the system has them: it comes five times as fast.
template <class T>
void make_room(std::vector<T>& values, std::int64_t n_value) {
  const auto n = static_cast<std::size_t>(n_value);
  if (values.capacity() < n) {
    values = {};
    values.reserve(n);
#ifdef MADV_HUGEPAGE
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto start = reinterpret_cast<std::uintptr_t>(values.data());
    const std::uintptr_t first = (start + page - 1) / page * page;
    const std::uintptr_t last = (start + n * sizeof(T)) / page * page;
    if (last > first) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#endif
  }
  values.resize(n);
}

/// Room for all columns.
void make_room(PointColumns& p, std::int64_t n_point, std::int64_t n_ap,
               const std::vector<std::string>& extra) {
  if (p.extra_names() != extra) {
    p.extra.clear();
    for (const std::string& name : extra) p.extra.push_back({name, {}});
  }
  for (auto* column : {&p.flux_e, &p.flux_err_e}) make_room(*column, n_point * n_ap);
  for (auto* column : {&p.x_px, &p.y_px, &p.bg_e, &p.bg_err_e}) make_room(*column, n_point);
  make_room(p.quality, n_point);
  for (ExtraColumn& column : p.extra) make_room(column.value, n_point);
}

/// True when all columns have the shape.
bool is_shaped(const PointColumns& p, std::int64_t n_point, std::int64_t n_ap) {
  bool fits = std::ssize(p.flux_e) == n_point * n_ap && std::ssize(p.flux_err_e) == n_point * n_ap;
  for (const auto* column : {&p.x_px, &p.y_px, &p.bg_e, &p.bg_err_e})
    fits = fits && std::ssize(*column) == n_point;
  fits = fits && std::ssize(p.quality) == n_point;
  for (const ExtraColumn& column : p.extra) fits = fits && std::ssize(column.value) == n_point;
  return fits;
}

/// Who has which frames, the same on every rank, and the frames that no rank has.
struct FrameOwners {
  std::vector<Share> shares;  ///< [rank]
  std::vector<std::int64_t> unowned;
};

FrameOwners find_owners(const Comm& comm, std::span<const std::int64_t> my_frames,
                        std::int64_t n_frame_total) {
  const auto counts = detail::gather_counts(comm, std::ssize(my_frames));
  const auto all = allgatherv_rows<std::int64_t>(comm, my_frames);
  std::vector<bool> seen(static_cast<std::size_t>(n_frame_total), false);
  for (const std::int64_t f : all) {
    if (f < 0 || f >= n_frame_total || seen[static_cast<std::size_t>(f)])
      throw Error{Errc::internal,
                  "transpose: a frame number is out of range or owned by two ranks"};
    seen[static_cast<std::size_t>(f)] = true;
  }
  FrameOwners owners;
  std::span<const std::int64_t> rest{all};
  for (const std::int64_t n : counts) {
    owners.shares.emplace_back(rest.first(static_cast<std::size_t>(n)));
    rest = rest.subspan(static_cast<std::size_t>(n));
  }
  for (std::int64_t f = 0; f < n_frame_total; ++f)
    if (!seen[static_cast<std::size_t>(f)]) owners.unowned.push_back(f);
  return owners;
}

std::vector<Share> star_shares(const Comm& comm, std::int64_t n_star, std::int64_t chunk_stars) {
  std::vector<Share> shares;
  for (int rank = 0; rank < comm.size(); ++rank)
    shares.emplace_back(chunked_range(n_star, chunk_stars, comm.size(), rank));
  return shares;
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

/// Moves all columns. `from_length` and `to_length` are points per row; `first` is the first number
/// in a row of `from`.
void move_columns(Exchange& exchange, const PointColumns& from, std::int64_t from_length,
                  std::int64_t first, PointColumns& to, std::int64_t to_length, std::int64_t n_ap) {
  const auto move = [&](const auto& source, auto& target, std::int64_t n_word) {
    const auto bytes = std::as_bytes(std::span{source});
    const std::int64_t skipped = bytes.empty() ? 0 : first * n_word * 4;
    exchange.move({bytes.data() + skipped, from_length * n_word * 4},
                  {std::as_writable_bytes(std::span{target}).data(), to_length * n_word * 4},
                  n_word);
  };
  move(from.flux_e, to.flux_e, n_ap);
  move(from.flux_err_e, to.flux_err_e, n_ap);
  move(from.x_px, to.x_px, 1);
  move(from.y_px, to.y_px, 1);
  move(from.bg_e, to.bg_e, 1);
  move(from.bg_err_e, to.bg_err_e, 1);
  move(from.quality, to.quality, 1);
  for (std::size_t k = 0; k < to.extra.size(); ++k) move(from.extra[k].value, to.extra[k].value, 1);
}
static_assert(sizeof(float) == 4 && sizeof(QualityBits) == 4);

/// Makes the points of `frames` missing in all stars.
void blank_frames(StarBlock& block, std::span<const std::int64_t> frames) {
  PointColumns& p = block.points;
  const auto blank = [&](auto& column, std::int64_t n_value, auto missing) {
    for (std::int64_t s = 0; s < block.n_star; ++s)
      for (const std::int64_t f : frames)
        std::fill_n(column.begin() + (s * block.n_frame + f) * n_value, n_value, missing);
  };
  for (auto* column : {&p.flux_e, &p.flux_err_e}) blank(*column, block.n_ap, kNaNf);
  for (auto* column : {&p.x_px, &p.y_px, &p.bg_e, &p.bg_err_e}) blank(*column, 1, kNaNf);
  blank(p.quality, 1, quality::not_measured);
  for (ExtraColumn& column : p.extra) blank(column.value, 1, kNaNf);
}

}  // namespace

StarBlock transpose(const Comm& comm, const FrameBlock& mine,
                    std::span<const std::int64_t> my_frames, std::int64_t n_frame_total,
                    Range pass_stars, std::int64_t chunk_stars, const TransposeLimits& limits,
                    StarBlock memory) {
  const bool fits =
      mine.n_frame == std::ssize(my_frames) && pass_stars.first >= 0 && pass_stars.n >= 0 &&
      (mine.n_frame == 0 || pass_stars.end() <= mine.n_star) &&
      (mine.n_frame == 0 || is_shaped(mine.points, mine.n_frame * mine.n_star, mine.n_ap));
  const std::int64_t n_ap =
      agreed_n_ap(comm, mine.n_ap, std::ssize(mine.points.extra), fits, mine.n_frame > 0);
  FrameOwners owners = find_owners(comm, my_frames, n_frame_total);
  Exchange exchange{comm, std::move(owners.shares), star_shares(comm, pass_stars.n, chunk_stars),
                    limits};
  StarBlock out = std::move(memory);
  out.n_star = exchange.my_columns().n();
  out.n_frame = n_frame_total;
  out.n_ap = n_ap;
  make_room(out.points, out.n_star * out.n_frame, n_ap, mine.points.extra_names());
  move_columns(exchange, mine.points, mine.n_star, pass_stars.first, out.points, n_frame_total,
               n_ap);
  blank_frames(out, owners.unowned);
  return out;
}

FrameBlock transpose_back(const Comm& comm, const StarBlock& mine,
                          std::span<const std::int64_t> my_frames, std::int64_t n_star_total,
                          std::int64_t chunk_stars, const TransposeLimits& limits,
                          FrameBlock memory) {
  const std::int64_t n_frame_total = max_over_ranks(comm, mine.n_frame);
  const bool fits =
      mine.n_star == chunked_range(n_star_total, chunk_stars, comm.size(), comm.rank()).n &&
      (mine.n_star == 0 || (mine.n_frame == n_frame_total &&
                            is_shaped(mine.points, mine.n_star * mine.n_frame, mine.n_ap)));
  const std::int64_t n_ap =
      agreed_n_ap(comm, mine.n_ap, std::ssize(mine.points.extra), fits, mine.n_star > 0);
  FrameOwners owners = find_owners(comm, my_frames, n_frame_total);
  Exchange exchange{comm, star_shares(comm, n_star_total, chunk_stars), std::move(owners.shares),
                    limits};
  FrameBlock out = std::move(memory);
  out.n_frame = std::ssize(my_frames);
  out.n_star = n_star_total;
  out.n_ap = n_ap;
  make_room(out.points, out.n_frame * out.n_star, n_ap, mine.points.extra_names());
  move_columns(exchange, mine.points, mine.n_frame, 0, out.points, n_star_total, n_ap);
  return out;
}

}  // namespace skyweft::mpi
