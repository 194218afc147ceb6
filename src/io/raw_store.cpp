// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/raw_store.hpp"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/h5.hpp"
#include "io/schema.hpp"

namespace skyweft::io {
namespace fs = std::filesystem;
namespace c = raw_column;
namespace {

std::vector<std::string> extra_of(const H5File& file) {
  std::vector<std::string> names;
  for (const PointExtra& e : kPointExtras)
    if (file.has(std::string{kRawGroup} + "/" + std::string{e.name})) names.emplace_back(e.name);
  return names;
}

/// Calls visit(column of the first, column of the second, values per point) for all columns of two
/// sets of points.
template <class Visit>
void each_column(PointColumns& a, PointColumns& b, std::int64_t n_ap, const Visit& visit) {
  visit(a.flux_e, b.flux_e, n_ap);
  visit(a.flux_err_e, b.flux_err_e, n_ap);
  visit(a.x_px, b.x_px, 1);
  visit(a.y_px, b.y_px, 1);
  visit(a.bg_e, b.bg_e, 1);
  visit(a.bg_err_e, b.bg_err_e, 1);
  visit(a.quality, b.quality, 1);
  for (std::size_t k = 0; k < a.extra.size(); ++k) visit(a.extra[k].value, b.extra[k].value, 1);
}

StarBlock read_stars(const fs::path& path, std::int64_t first_star, std::int64_t n_star,
                     std::int64_t n_frame, std::int64_t n_ap,
                     const std::vector<std::string>& extra) {
  const H5File file = H5File::open(path);
  const auto read = [&](const auto& column) {
    return file.read_rows(column, first_star, n_star, kRawGroup);
  };
  StarBlock block{.n_star = n_star,
                  .n_frame = n_frame,
                  .n_ap = n_ap,
                  .points = {.flux_e = read(c::kFlux),
                             .flux_err_e = read(c::kFluxErr),
                             .x_px = read(c::kX),
                             .y_px = read(c::kY),
                             .bg_e = read(c::kBg),
                             .bg_err_e = read(c::kBgErr),
                             .quality = read(c::kQuality)}};
  for (const std::string& name : extra)
    block.points.extra.push_back({name, read(extra_column(name, Axes::star_frame))});
  return block;
}

}  // namespace

RawBlockFrames read_raw_block_frames(const fs::path& path) {
  const H5File file = H5File::open(path);
  return {.frame_id = file.read(shard_column::kFrameId),
          .segment = file.read(shard_column::kSegment)};
}

RawStore::RawStore(std::vector<fs::path> blocks, std::span<const FrameId> order)
    : n_frame_(static_cast<std::int64_t>(order.size())) {
  std::unordered_map<FrameId, std::int64_t> place_of;
  for (std::size_t f = 0; f < order.size(); ++f)
    place_of.emplace(order[f], static_cast<std::int64_t>(f));
  for (fs::path& path : blocks) {
    const H5File file = H5File::open(path);
    const Shape shape = file.shape_of(c::kFlux, kRawGroup);
    if (blocks_.empty()) {
      n_star_ = shape[0];
      n_ap_ = shape[2];
      extra_ = extra_of(file);
    } else if (shape[0] != n_star_ || shape[2] != n_ap_ || extra_of(file) != extra_) {
      throw Error{Errc::bad_input,
                  fmt::format("{} has other stars, apertures or columns than {}; run again with "
                              "one configuration to make the raw light curves anew",
                              path.string(), blocks_.front().path.string())};
    }
    Block block{.path = std::move(path), .place = {}};
    for (const FrameId id : file.read(shard_column::kFrameId)) {
      const auto at = place_of.find(id);
      block.place.push_back(at == place_of.end() ? -1 : at->second);
    }
    blocks_.push_back(std::move(block));
  }
  drop_repeated();
}

void RawStore::drop_repeated() {
  std::ranges::stable_sort(blocks_, std::ranges::greater{},
                           [](const Block& b) { return b.place.size(); });
  std::vector<std::uint8_t> taken(static_cast<std::size_t>(n_frame_), 0);
  std::erase_if(blocks_, [&](const Block& block) {
    std::int64_t n_wanted = 0;
    std::int64_t n_taken = 0;
    for (const std::int64_t p : block.place) {
      if (p < 0) continue;
      ++n_wanted;
      n_taken += taken[static_cast<std::size_t>(p)];
      taken[static_cast<std::size_t>(p)] = 1;
    }
    if (n_taken != 0 && n_taken != n_wanted)
      throw Error{Errc::bad_input,
                  fmt::format("{} of the {} frames of {} lie in another epoch block too; delete "
                              "that file and run again",
                              n_taken, n_wanted, block.path.string())};
    return n_taken == n_wanted;
  });
}

bool RawStore::is_whole(const Block& block) const noexcept {
  if (std::ssize(block.place) != n_frame_) return false;
  for (std::size_t f = 0; f < block.place.size(); ++f)
    if (block.place[f] != static_cast<std::int64_t>(f)) return false;
  return true;
}

StarBlock RawStore::read(std::int64_t first_star, std::int64_t n_star) const {
  if (blocks_.size() == 1 && is_whole(blocks_.front()))
    return read_stars(blocks_.front().path, first_star, n_star, n_frame_, n_ap_, extra_);
  StarBlock out = make_star_block(n_star, n_frame_, n_ap_, extra_);
  for (const Block& block : blocks_) {
    const auto n_here = static_cast<std::int64_t>(block.place.size());
    StarBlock part = read_stars(block.path, first_star, n_star, n_here, n_ap_, extra_);
    each_column(out.points, part.points, n_ap_,
                [&](auto& to, const auto& from, std::int64_t width) {
                  for (std::int64_t s = 0; s < n_star; ++s)
                    for (std::int64_t f = 0; f < n_here; ++f) {
                      const std::int64_t place = block.place[static_cast<std::size_t>(f)];
                      if (place >= 0)
                        std::copy_n(from.begin() + (s * n_here + f) * width, width,
                                    to.begin() + (s * n_frame_ + place) * width);
                    }
                });
  }
  return out;
}

}  // namespace skyweft::io
