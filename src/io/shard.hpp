// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/frame_catalog.hpp"
#include "data/photometry.hpp"
#include "data/star_catalog.hpp"
#include "io/h5.hpp"
#include "io/schema.hpp"

namespace skyweft::io {

/// Stars per chunk: the first row of every written tile is a multiple of it, so no chunk has two
/// owners.
inline constexpr std::int64_t kChunkStars = 16;
inline constexpr std::int64_t kChunkFrames = 8192;
/// Stars per file of the stages after raw: a star's file does not depend on how many frames or
/// ranks there are. A multiple of kChunkStars.
inline constexpr std::int64_t kShardStars = 16384;
/// Frames that one file of raw photometry holds when there is a choice.
inline constexpr std::int64_t kBlockFrames = 8192;

/// Where a shard lies in the star list, and its extents.
struct ShardShape {
  std::int64_t first_star = 0;
  std::int64_t n_star = 0;
  std::int64_t n_frame = 0;
  std::int64_t n_ap = 0;
  bool operator==(const ShardShape&) const = default;
};

/// What every file of a shard repeats, so that each can be read alone.
struct ShardHeader {
  ShardShape shape;
  StarCatalog stars;                       ///< the rows of the shard
  std::vector<FrameId> frame_id;           ///< [frame]
  std::vector<double> time_utc_mid_jd;     ///< [frame]
  std::vector<double> aperture_radius_px;  ///< [ap]
  std::vector<std::string> extra{};        ///< further columns of the raw group
  std::vector<std::string> segment{};      ///< [frame] of the raw group: where it came from
};

/// Reads one file of the star store: lightcurves/STAGE-NNNN.h5. Rows are relative to the shard.
/// Collective: no. Throws Error{io} or Error{bad_input}.
class ShardReader {
 public:
  explicit ShardReader(const std::filesystem::path& path);

  const ShardHeader& header() const noexcept { return header_; }
  bool has(std::string_view group) const;

  StarBlock read_raw(std::int64_t first_row, std::int64_t n) const;

  /// Magnitudes of consecutive stars after one stage.
  struct StageTile {
    std::int64_t n_star = 0;
    std::int64_t n_frame = 0;
    std::int64_t n_ap = 0;
    std::vector<float> mag;            ///< [star][frame][ap]
    std::vector<QualityBits> quality;  ///< [star][frame]
    std::vector<float> mag_err{};      ///< [star][frame][ap] in group magfit, else empty
  };
  StageTile read_stage(std::string_view group, std::int64_t first_row, std::int64_t n) const;

 private:
  H5File file_;
  ShardHeader header_;
};

/// Makes a shard file with its header and the empty datasets of `group` ("raw", "magfit", "epd",
/// "tfa"), all space allocated, for mpi::ShardWriter to fill. Collective: no.
/// Throws Error{io}, or Error{internal} when the header's columns do not have its shape.
void make_shard_file(const std::filesystem::path& path, const ShardHeader& header,
                     std::string_view group, const ProductStamp& stamp);

/// Writes lightcurves/all.h5, where everything is found in one place by links relative to its
/// folder: /raw/BLOCK of the epoch blocks, and /shardNNNN/STAGE of `shard_files`, numbered by their
/// first star; each with star_id, frame_id and so on beside it. Collective: no. Throws Error{io} or
/// Error{bad_input}.
void write_light_curve_index(const std::filesystem::path& index,
                             const std::vector<std::filesystem::path>& raw_blocks,
                             const std::vector<std::filesystem::path>& shard_files,
                             const ProductStamp& stamp);

}  // namespace skyweft::io
