// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "mpi/transpose.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "io/digest.hpp"
#include "mpi/on_root.hpp"
#include "mpi/star_store.hpp"
#include "workflows/stages/stages.hpp"
#include "workflows/stages/star_tiles.hpp"

namespace skyweft::workflows {
namespace {

template <class T>
void copy_rows(std::vector<T>& to, std::int64_t to_row, const std::vector<T>& from,
               std::int64_t from_row, std::int64_t n_row, std::int64_t width) {
  std::copy_n(from.begin() + from_row * width, n_row * width, to.begin() + to_row * width);
}

/// This rank's measured frames, reduced to the stars of one pass.
FrameBlock load_frames(const RunContext& run, const RunState& state, const mpi::Range& stars,
                       std::vector<std::int64_t>& positions) {
  positions.clear();
  const auto n_ap = static_cast<std::int64_t>(state.aperture_radius_px.size());
  std::int64_t n_mine = 0;
  const std::int64_t per_batch = run.config.run.batch_frames;
  for (const std::int64_t i : state.measured)
    if ((i / per_batch) % run.world.size() == run.world.rank()) ++n_mine;
  FrameBlock block = make_frame_block(n_mine, stars.n, n_ap, state.extra);
  each_frame_of_mine(
      run, state, stars.first, stars.n,
      [&](std::int64_t position, std::int64_t, const io::Segment& segment, std::int64_t row) {
        const std::int64_t to = static_cast<std::int64_t>(positions.size()) * stars.n;
        const std::int64_t from = row * stars.n;
        PointColumns& p = block.points;
        const PointColumns& q = segment.photometry.points;
        copy_rows(p.flux_e, to, q.flux_e, from, stars.n, n_ap);
        copy_rows(p.flux_err_e, to, q.flux_err_e, from, stars.n, n_ap);
        copy_rows(p.x_px, to, q.x_px, from, stars.n, 1);
        copy_rows(p.y_px, to, q.y_px, from, stars.n, 1);
        copy_rows(p.bg_e, to, q.bg_e, from, stars.n, 1);
        copy_rows(p.bg_err_e, to, q.bg_err_e, from, stars.n, 1);
        copy_rows(p.quality, to, q.quality, from, stars.n, 1);
        for (std::size_t k = 0; k < p.extra.size(); ++k)
          copy_rows(p.extra[k].value, to, q.extra[k].value, from, stars.n, 1);
        positions.push_back(position);
      });
  return block;
}

/// Stars per pass, so that frame blocks, messages and star blocks stay within the budget.
std::int64_t stars_per_pass(const RunContext& run, std::int64_t n_frame, std::int64_t n_ap,
                            std::int64_t n_extra) {
  const double point_bytes = static_cast<double>(8 * n_ap + 20 + 4 * n_extra);
  // mpi::transpose holds 64 MiB of messages beside the two blocks.
  const double budget =
      std::max(32.0, 0.8 * run.config.run.memory_mib - 64.0) * 1048576.0 * run.world.size();
  const auto stars =
      static_cast<std::int64_t>(budget / (2.0 * static_cast<double>(n_frame) * point_bytes));
  return std::max<std::int64_t>(1, stars / io::kChunkStars) * io::kChunkStars;
}

}  // namespace

void transpose_to_stars(RunContext& run, RunState& state) {
  const auto shards = shards_of(state);
  const std::string digest = io::digest_of_text(state.frames_digest + "raw");
  state.stage_digest[Stage::transpose] = digest;
  const auto n_frame = static_cast<std::int64_t>(state.measured.size());
  const auto n_ap = static_cast<std::int64_t>(state.aperture_radius_px.size());
  const std::int64_t at_once = stars_per_pass(run, n_frame, n_ap, std::ssize(state.extra));
  std::int64_t n_pass = 0;
  for (std::size_t s = 0; s < shards.size(); ++s) {
    const auto i_shard = static_cast<std::int64_t>(s);
    const std::string unit = shard_unit("raw", i_shard);
    if (run.done(unit, digest)) continue;
    const auto path = run.archive.shard("raw", i_shard);
    mpi::ShardWriter writer{run.world, path.string(), shard_header(state, shards[s]), "raw",
                            run.stamp(digest)};
    for (std::int64_t row = 0; row < shards[s].n; row += at_once, ++n_pass) {
      const mpi::Range pass{shards[s].first + row, std::min(at_once, shards[s].n - row)};
      std::vector<std::int64_t> positions;
      const FrameBlock mine = load_frames(run, state, pass, positions);
      const StarBlock block = mpi::transpose(run.world, mine, positions, n_frame,
                                             mpi::Range{0, pass.n}, io::kChunkStars);
      const mpi::Range rows =
          mpi::chunked_range(pass.n, io::kChunkStars, run.world.size(), run.world.rank());
      writer.write_raw(row + rows.first, block);
    }
    writer.close();
    mpi::do_on_root(run.world, [&] { run.note(unit, path, digest); });
  }
  run.say(fmt::format("transpose: {} frames x {} stars x {} apertures, {} shard(s), {} pass(es)",
                      n_frame, state.stars.size(), n_ap, shards.size(), n_pass));
}

}  // namespace skyweft::workflows
