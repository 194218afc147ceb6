// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/frame_catalog.hpp"
#include "data/photometry.hpp"

namespace skyweft::io {

/// What the file of an epoch block says of its frames.
struct RawBlockFrames {
  std::vector<FrameId> frame_id;     ///< [frame] in the block's order
  std::vector<std::string> segment;  ///< [frame] the segment it came from, and its digest
};

/// Throws Error{io} or Error{bad_input}. Collective: no.
RawBlockFrames read_raw_block_frames(const std::filesystem::path& path);

/// The raw photometry of a field as one table [star][frame][ap], whatever epoch blocks it lies in:
/// files lightcurves/raw-*.h5, all stars and some of the frames each. Adding a night adds a block.
/// Files are open only while they are read. Collective: no.
class RawStore {
 public:
  /// `order` are the frames of the table; frames of blocks that it does not name are left out, and
  /// frames that no block has are NaN with quality::not_measured. A block whose frames all lie in a
  /// larger one, as when joining blocks was interrupted, is left out. Throws Error{io},
  /// Error{bad_input} when the blocks differ in apertures or extra columns, or overlap in part.
  RawStore(std::vector<std::filesystem::path> blocks, std::span<const FrameId> order);

  std::int64_t n_star() const noexcept { return n_star_; }
  std::int64_t n_frame() const noexcept { return n_frame_; }
  std::int64_t n_ap() const noexcept { return n_ap_; }
  const std::vector<std::string>& extra() const noexcept { return extra_; }

  /// The stars [first_star, first_star + n_star) over all frames. Throws Error{io}.
  StarBlock read(std::int64_t first_star, std::int64_t n_star) const;

 private:
  struct Block {
    std::filesystem::path path;
    std::vector<std::int64_t> place;  ///< [frame of the block] in the table; -1: not wanted
  };
  void drop_repeated();
  bool is_whole(const Block& block) const noexcept;

  std::vector<Block> blocks_;
  std::int64_t n_star_ = 0;
  std::int64_t n_frame_ = 0;
  std::int64_t n_ap_ = 0;
  std::vector<std::string> extra_;
};

}  // namespace skyweft::io
