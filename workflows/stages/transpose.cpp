// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "mpi/transpose.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "io/digest.hpp"
#include "io/files.hpp"
#include "io/journal.hpp"
#include "mpi/on_root.hpp"
#include "mpi/star_store.hpp"
#include "workflows/stages/raw_blocks.hpp"
#include "workflows/stages/stages.hpp"
#include "workflows/stages/star_tiles.hpp"

namespace skyweft::workflows {
namespace {

template <class T>
void copy_rows(std::vector<T>& to, std::int64_t to_row, const std::vector<T>& from,
               std::int64_t from_row, std::int64_t n_row, std::int64_t width) {
  std::copy_n(from.begin() + from_row * width, n_row * width, to.begin() + to_row * width);
}

/// Copies one frame's stars of a segment to a row of `block`.
void copy_frame(FrameBlock& block, std::int64_t to_frame, const FrameBlock& from_block,
                std::int64_t from_frame) {
  const std::int64_t n = block.n_star;
  const std::int64_t to = to_frame * n;
  const std::int64_t from = from_frame * n;
  PointColumns& p = block.points;
  const PointColumns& q = from_block.points;
  copy_rows(p.flux_e, to, q.flux_e, from, n, block.n_ap);
  copy_rows(p.flux_err_e, to, q.flux_err_e, from, n, block.n_ap);
  copy_rows(p.x_px, to, q.x_px, from, n, 1);
  copy_rows(p.y_px, to, q.y_px, from, n, 1);
  copy_rows(p.bg_e, to, q.bg_e, from, n, 1);
  copy_rows(p.bg_err_e, to, q.bg_err_e, from, n, 1);
  copy_rows(p.quality, to, q.quality, from, n, 1);
  for (std::size_t k = 0; k < p.extra.size(); ++k)
    copy_rows(p.extra[k].value, to, q.extra[k].value, from, n, 1);
}

/// The frames of a block that this rank reads: the batches go round.
struct MyFrames {
  std::vector<std::size_t> batches;
  std::vector<std::int64_t> numbers;  ///< in the block
  std::vector<std::int64_t> rows;     ///< in their segments
  std::vector<std::int64_t> n_of;     ///< [batch] how many
};

MyFrames frames_of_mine(const RunContext& run, const RunState& state, const RawBlock& block) {
  std::map<std::int64_t, std::int64_t> number_of;  // light → number in the block
  for (std::size_t k = 0; k < block.positions.size(); ++k)
    number_of[state.measured[static_cast<std::size_t>(block.positions[k])]] =
        static_cast<std::int64_t>(k);
  MyFrames mine;
  for (auto b = static_cast<std::size_t>(run.world.rank()); b < block.batches.size();
       b += static_cast<std::size_t>(run.world.size())) {
    const FrameBatch& batch = state.batches[block.batches[b]];
    mine.batches.push_back(block.batches[b]);
    mine.n_of.push_back(0);
    for (std::size_t row = 0; row < batch.lights.size(); ++row) {
      const auto at = number_of.find(batch.lights[row]);
      if (at == number_of.end()) continue;
      mine.numbers.push_back(at->second);
      mine.rows.push_back(static_cast<std::int64_t>(row));
      ++mine.n_of.back();
    }
  }
  return mine;
}

/// This rank's frames, reduced to the stars of one pass.
FrameBlock load_frames(const RunContext& run, const RunState& state, const MyFrames& mine,
                       const mpi::Range& stars) {
  FrameBlock block = make_frame_block(std::ssize(mine.numbers), stars.n,
                                      std::ssize(state.aperture_radius_px), state.extra);
  std::int64_t to = 0;
  for (std::size_t b = 0; b < mine.batches.size(); ++b) {
    const io::Segment segment = io::read_segment(
        run.archive.segment(state.batches[mine.batches[b]].name), stars.first, stars.n);
    for (std::int64_t k = 0; k < mine.n_of[b]; ++k, ++to)
      copy_frame(block, to, segment.photometry, mine.rows[static_cast<std::size_t>(to)]);
  }
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

/// Writes one block, a pass of stars at a time. Returns the passes. Collective.
std::int64_t write_block(const RunContext& run, const RunState& state, const RawBlock& block) {
  const io::ShardHeader header = raw_header(state, block);
  const io::ShardShape& shape = header.shape;
  const std::int64_t at_once =
      stars_per_pass(run, shape.n_frame, shape.n_ap, std::ssize(state.extra));
  const MyFrames mine = frames_of_mine(run, state, block);
  mpi::ShardWriter writer{run.world, block.file, header, "raw", run.stamp(block.digest)};
  std::int64_t n_pass = 0;
  StarBlock stars;  // of the pass before: pages that need not be fetched again
  for (std::int64_t first = 0; first < shape.n_star; first += at_once, ++n_pass) {
    const mpi::Range pass{first, std::min(at_once, shape.n_star - first)};
    const FrameBlock frames = load_frames(run, state, mine, pass);
    stars = mpi::transpose(run.world, frames, mine.numbers, shape.n_frame, mpi::Range{0, pass.n},
                           io::kChunkStars, {}, std::move(stars));
    const mpi::Range rows =
        mpi::chunked_range(pass.n, io::kChunkStars, run.world.size(), run.world.rank());
    writer.write_raw(first + rows.first, stars);
  }
  writer.close();
  mpi::do_on_root(run.world, [&] { run.note(raw_unit(block), block.file, block.digest); });
  return n_pass;
}

/// Removes blocks that no longer hold: their frames were measured anew. Collective: no.
void remove_fallen(const RunContext& run, const std::vector<RawBlock>& blocks) {
  std::set<std::filesystem::path> standing;
  for (const RawBlock& block : blocks) standing.insert(block.file);
  io::Journal journal{run.archive.journal(Stage::transpose)};
  for (const auto& file : run.archive.raw_blocks()) {
    if (standing.contains(file)) continue;
    journal.withdraw("raw:" + file.stem().string().substr(4));
    std::filesystem::remove(file);
  }
}

}  // namespace

void transpose_to_stars(RunContext& run, RunState& state) {
  state.stage_digest[Stage::transpose] = io::digest_of_text(state.frames_digest + "raw");
  const std::vector<RawBlock> blocks = plan_raw_blocks(run, state);
  run.world.barrier();  // all have read the journal
  std::int64_t n_pass = 0;
  std::int64_t n_new = 0;
  for (const RawBlock& block : blocks) {
    if (block.written) continue;
    n_pass += write_block(run, state, block);
    ++n_new;
  }
  if (run.archive.first_stage() <= Stage::transpose)
    mpi::do_on_root(run.world, [&] { remove_fallen(run, blocks); });
  state.raw = open_raw(state, blocks);
  run.say(
      fmt::format("transpose: {} frames x {} stars x {} apertures in {} block(s), {} of them "
                  "new in {} pass(es)",
                  state.measured.size(), state.stars.size(), state.aperture_radius_px.size(),
                  blocks.size(), n_new, n_pass));
}

}  // namespace skyweft::workflows
