// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "mpi/star_store.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <hdf5.h>

#include "mpi/raw.hpp"
#include "mpi/shared_error.hpp"

namespace skyweft::mpi {
namespace fs = std::filesystem;
using io::detail::checked;

struct ShardWriter::Piece {
  std::string path;
  hid_t type;
  const void* values;
  std::int64_t n_value;  ///< as the caller gave it
  bool per_ap;
};

namespace {

/// Collective. The text that `rank` holds, on all ranks.
std::string from_rank(const Comm& comm, std::string text, int rank) {
  int n = static_cast<int>(text.size());
  check(MPI_Bcast(&n, 1, MPI_INT, rank, raw(comm)), "MPI_Bcast");
  text.resize(static_cast<std::size_t>(n));
  check(MPI_Bcast(text.data(), n, MPI_CHAR, rank, raw(comm)), "MPI_Bcast");
  return text;
}

}  // namespace

// Collective. Throws the failure of the lowest failing rank on all ranks, after closing the file.
void ShardWriter::agree(std::exception_ptr mine) {
  try {
    throw_together(comm_, std::move(mine));
  } catch (...) {
    close_file();
    target_.reset();  // removes the part
    throw;
  }
}

std::exception_ptr ShardWriter::close_file() noexcept {
  transfer_ = io::H5Id{};
  if (file_.id() < 0) return nullptr;
  return caught([&] { checked(H5Fclose(file_.release()), "close", part_); });
}

ShardWriter::ShardWriter(const Comm& comm, const fs::path& final_name,
                         const io::ShardHeader& header, std::string group,
                         const io::ProductStamp& stamp)
    : comm_(comm),
      final_(final_name),
      shape_(header.shape),
      group_(std::move(group)),
      extra_(header.extra),
      n_written_(
          static_cast<std::size_t>((header.shape.n_star + io::kChunkStars - 1) / io::kChunkStars),
          0) {
  agree(caught([&] {
    if (!comm_.is_root()) return;
    target_ = std::make_unique<io::AtomicFile>(final_);
    io::make_shard_file(target_->part_name(), header, group_, stamp);
    io::sync_file(target_->part_name());
  }));
  part_ = from_rank(comm_, target_ ? target_->part_name().string() : "", 0);
  io::H5Id access;
  agree(caught([&] {
    access = io::detail::file_access();
    checked(H5Pset_fapl_mpio(access.id(), raw(comm_), MPI_INFO_NULL), "choose parallel access to",
            part_);
    checked(H5Pset_all_coll_metadata_ops(access.id(), true), "choose collective metadata for",
            part_);
    checked(H5Pset_coll_metadata_write(access.id(), true), "choose collective metadata for", part_);
    transfer_ =
        io::H5Id{checked(H5Pcreate(H5P_DATASET_XFER), "make transfer properties for", part_)};
    checked(H5Pset_dxpl_mpio(transfer_.id(), H5FD_MPIO_COLLECTIVE), "choose collective transfer to",
            part_);
  }));
  agree(caught([&] {
    file_ = io::H5Id{
        checked(H5Fopen(part_.c_str(), H5F_ACC_RDWR, access.id()), "open in parallel", part_)};
  }));
}

ShardWriter::~ShardWriter() {
  file_.release();
}

std::string ShardWriter::misfit(std::int64_t first_row, std::int64_t n_star, std::int64_t n_frame,
                                std::int64_t n_ap) const {
  if (n_star == 0) return {};
  const bool ends = first_row + n_star == shape_.n_star;
  if (n_frame == shape_.n_frame && n_ap == shape_.n_ap && first_row >= 0 && n_star > 0 &&
      first_row + n_star <= shape_.n_star && first_row % io::kChunkStars == 0 &&
      (ends || n_star % io::kChunkStars == 0))
    return {};
  return fmt::format(
      "a tile of {} x {} x {} at row {} does not fit {} ({} x {} x {}, chunks of {} stars)", n_star,
      n_frame, n_ap, first_row, final_.string(), shape_.n_star, shape_.n_frame, shape_.n_ap,
      io::kChunkStars);
}

void ShardWriter::write_pieces(std::int64_t first_row, std::int64_t n_star, std::string misfit,
                               const std::vector<Piece>& pieces) {
  for (const Piece& piece : pieces)
    if (misfit.empty() &&
        piece.n_value != n_star * shape_.n_frame * (piece.per_ap ? shape_.n_ap : 1))
      misfit = fmt::format("column {} of a tile for {} has {} values", piece.path, final_.string(),
                           piece.n_value);
  if (file_.id() < 0) misfit = fmt::format("{} is closed already", final_.string());
  agree(caught([&] {
    if (!misfit.empty()) throw Error{Errc::internal, misfit};
  }));
  if (shape_.n_star * shape_.n_frame * shape_.n_ap == 0) return;
  for (const Piece& piece : pieces) {
    io::H5Id dataset;
    io::H5Id file_space;
    io::H5Id memory_space;
    agree(caught([&] {
      const std::string what = "write dataset " + piece.path + " of";
      dataset =
          io::H5Id{checked(H5Dopen2(file_.id(), piece.path.c_str(), H5P_DEFAULT), what, part_)};
      file_space = io::H5Id{checked(H5Dget_space(dataset.id()), what, part_)};
      const int n_dim = piece.per_ap ? 3 : 2;
      const std::array<hsize_t, 3> start{static_cast<hsize_t>(n_star == 0 ? 0 : first_row), 0, 0};
      const std::array<hsize_t, 3> count{static_cast<hsize_t>(n_star),
                                         static_cast<hsize_t>(shape_.n_frame),
                                         static_cast<hsize_t>(shape_.n_ap)};
      memory_space = io::H5Id{checked(H5Screate_simple(n_dim, count.data(), nullptr), what, part_)};
      if (n_star == 0) {
        checked(H5Sselect_none(file_space.id()), what, part_);
        checked(H5Sselect_none(memory_space.id()), what, part_);
      } else {
        checked(H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, start.data(), nullptr,
                                    count.data(), nullptr),
                what, part_);
      }
    }));
    agree(caught([&] {
      checked(H5Dwrite(dataset.id(), piece.type, memory_space.id(), file_space.id(), transfer_.id(),
                       piece.values),
              "write dataset " + piece.path + " of", part_);
    }));
  }
  for (std::int64_t row = first_row; row < first_row + n_star; row += io::kChunkStars)
    ++n_written_[static_cast<std::size_t>(row / io::kChunkStars)];
}

void ShardWriter::write_raw(std::int64_t first_row, const StarBlock& tile) {
  namespace c = io::raw_column;
  const auto piece = [&](const auto& column, const auto& values, hid_t type, bool per_ap) {
    return Piece{io::detail::facts_of(column, group_).path, type, values.data(),
                 static_cast<std::int64_t>(values.size()), per_ap};
  };
  const PointColumns& p = tile.points;
  std::string fault = misfit(first_row, tile.n_star, tile.n_frame, tile.n_ap);
  if (group_ != io::kRawGroup) fault = fmt::format("raw photometry offered to group {}", group_);
  std::vector<Piece> pieces{piece(c::kFlux, p.flux_e, H5T_NATIVE_FLOAT, true),
                            piece(c::kFluxErr, p.flux_err_e, H5T_NATIVE_FLOAT, true),
                            piece(c::kX, p.x_px, H5T_NATIVE_FLOAT, false),
                            piece(c::kY, p.y_px, H5T_NATIVE_FLOAT, false),
                            piece(c::kBg, p.bg_e, H5T_NATIVE_FLOAT, false),
                            piece(c::kBgErr, p.bg_err_e, H5T_NATIVE_FLOAT, false),
                            piece(c::kQuality, p.quality, H5T_NATIVE_INT32, false)};
  if (tile.n_star > 0 && p.extra_names() != extra_)
    fault = fmt::format("a tile with other extra columns than {}", final_.string());
  for (std::size_t k = 0; k < extra_.size(); ++k) {
    static const std::vector<float> kNothing;
    pieces.push_back(piece(io::extra_column(extra_[k], io::Axes::star_frame),
                           k < p.extra.size() ? p.extra[k].value : kNothing, H5T_NATIVE_FLOAT,
                           false));
  }
  write_pieces(first_row, tile.n_star, std::move(fault), pieces);
}

void ShardWriter::write_stage(std::int64_t first_row, const io::ShardReader::StageTile& tile) {
  namespace c = io::stage_column;
  const auto piece = [&](const auto& column, const auto& values, hid_t type, bool per_ap) {
    return Piece{io::detail::facts_of(column, group_).path, type, values.data(),
                 static_cast<std::int64_t>(values.size()), per_ap};
  };
  std::string fault = misfit(first_row, tile.n_star, tile.n_frame, tile.n_ap);
  if (group_ == io::kRawGroup) fault = "magnitudes offered to the raw group";
  std::vector<Piece> pieces{piece(c::kMag, tile.mag, H5T_NATIVE_FLOAT, true),
                            piece(c::kQuality, tile.quality, H5T_NATIVE_INT32, false)};
  if (group_ == io::kGroupWithErrors)
    pieces.push_back(piece(c::kMagErr, tile.mag_err, H5T_NATIVE_FLOAT, true));
  write_pieces(first_row, tile.n_star, std::move(fault), pieces);
}

void ShardWriter::close() {
  std::vector<int> total(n_written_.size(), 0);
  check(MPI_Allreduce(n_written_.data(), total.data(), static_cast<int>(total.size()), MPI_INT,
                      MPI_SUM, raw(comm_)),
        "MPI_Allreduce");
  const auto wrong = std::ranges::find_if(total, [](int n) { return n != 1; });
  agree(caught([&] {
    if (wrong != total.end())
      throw Error{Errc::internal,
                  fmt::format("{}: the stars from row {} on were written {} times", final_.string(),
                              (wrong - total.begin()) * io::kChunkStars, *wrong)};
  }));
  agree(close_file());
  agree(caught([&] {
    if (!target_) return;
    if (!io::ShardReader{part_}.has(group_))
      throw Error{Errc::io, fmt::format("{} reads back without group {}; check the file system",
                                        part_.string(), group_)};
    target_->commit();
    target_.reset();
  }));
}

}  // namespace skyweft::mpi
