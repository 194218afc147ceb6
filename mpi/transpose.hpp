// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "data/photometry.hpp"
#include "mpi/comm.hpp"
#include "mpi/partition.hpp"

namespace skyweft::mpi {

struct TransposeLimits {
  /// Points of one column in one message between two ranks; 0: so many that what a rank sends in
  /// one round has 4 MiB, which stay in a cache. Larger exchanges are cut into rounds.
  std::int64_t max_rows_per_message = 0;
  /// Ranks of one node read each other's messages where they lie; else everything is sent.
  bool share_memory = true;
};

/// Collective. Turns blocks of frames into blocks of stars: afterwards each rank holds its
/// chunked_range of the stars `pass_stars` over all `n_frame_total` frames, in frame order.
///
/// `mine` is [my frames][star][ap]; row k is frame number `my_frames[k]`. `pass_stars` are rows
/// of the block's star axis. A frame that no rank owns is NaN with quality::not_measured. A rank
/// without frames may give an empty block, but the extra columns are the same on all ranks. Peak
/// memory: both blocks and 64 MiB. `memory` is a block of an earlier pass whose memory is used
/// again: pages that the system has to find anew cost more than the transposition. Throws
/// Error{internal} on all ranks when a frame number is out of range or owned twice, or shapes
/// disagree.
StarBlock transpose(const Comm& comm, const FrameBlock& mine,
                    std::span<const std::int64_t> my_frames, std::int64_t n_frame_total,
                    Range pass_stars, std::int64_t chunk_stars, const TransposeLimits& limits = {},
                    StarBlock memory = {});

/// Collective. The way back: the frames `my_frames` over all `n_star_total` stars, from blocks that
/// hold each rank's chunked_range of the stars. transpose_back after transpose is the identity.
FrameBlock transpose_back(const Comm& comm, const StarBlock& mine,
                          std::span<const std::int64_t> my_frames, std::int64_t n_star_total,
                          std::int64_t chunk_stars, const TransposeLimits& limits = {},
                          FrameBlock memory = {});

}  // namespace skyweft::mpi
