// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "data/photometry.hpp"
#include "io/files.hpp"
#include "io/h5.hpp"
#include "io/shard.hpp"
#include "mpi/comm.hpp"

namespace skyweft::mpi {

/// Writes one file of the star store from all ranks of a communicator with parallel HDF5.
///
/// Root makes the file, header and empty datasets alone; then all ranks write their tiles by
/// collective transfers, and close() publishes it. When one rank fails, all throw the same Error
/// and the unfinished file disappears. The destructor without close() leaves HDF5 alone: closing a
/// parallel file is collective, and a rank that unwinds by itself would wait for ever.
class ShardWriter {
 public:
  /// Collective. `group` is "raw", "magfit", "epd" or "tfa"; the arguments are equal on all ranks.
  ShardWriter(const Comm& comm, const std::filesystem::path& final_name,
              const io::ShardHeader& header, std::string group, const io::ProductStamp& stamp);
  ~ShardWriter();
  ShardWriter(const ShardWriter&) = delete;
  ShardWriter& operator=(const ShardWriter&) = delete;

  /// Collective. Writes the stars [first_row, first_row + tile.n_star) of the shard; first_row is a
  /// multiple of io::kChunkStars, and so is the number of stars unless the tile ends the shard. A
  /// rank without work passes an empty tile. Throws on all ranks Error{internal} for a tile that
  /// does not fit, Error{io} when writing fails.
  void write_raw(std::int64_t first_row, const StarBlock& tile);
  void write_stage(std::int64_t first_row, const io::ShardReader::StageTile& tile);

  /// Collective. Checks that every star was written once, closes, syncs and renames the file.
  void close();

 private:
  struct Piece;  ///< the part of one dataset that this rank writes
  std::string misfit(std::int64_t first_row, std::int64_t n_star, std::int64_t n_frame,
                     std::int64_t n_ap) const;
  void write_pieces(std::int64_t first_row, std::int64_t n_star, std::string misfit,
                    const std::vector<Piece>& pieces);
  void agree(std::exception_ptr mine);
  std::exception_ptr close_file() noexcept;

  const Comm& comm_;
  std::filesystem::path final_;
  std::filesystem::path part_;
  io::ShardShape shape_;
  std::string group_;
  std::vector<std::string> extra_;          ///< further columns of the raw group
  std::unique_ptr<io::AtomicFile> target_;  ///< on root
  io::H5Id file_;
  io::H5Id transfer_;
  std::vector<int> n_written_;  ///< [chunk of stars] times this rank wrote it
};

}  // namespace skyweft::mpi
