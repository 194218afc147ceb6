// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/star_part_write.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "core/error.hpp"
#include "io/digest.hpp"
#include "io/files.hpp"

namespace skyweft::io {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{4} << 20;
constexpr std::int64_t kBlock = 2880;

void write_all(int fd, std::int64_t offset, std::span<const std::byte> bytes,
               const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error{Errc::io, io_failure_text("write", path, errno)};
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += n;
  }
}

}  // namespace

StarPartWriter::StarPartWriter(std::filesystem::path folder, std::vector<std::string> extra,
                               double epoch_yr, std::int64_t max_part_bytes)
    : folder_(std::move(folder)), max_part_bytes_(max_part_bytes) {
  shape_.extra = std::move(extra);
  shape_.epoch_yr = epoch_yr;
}

StarPartWriter::~StarPartWriter() {
  if (fd_ >= 0) ::close(fd_);
}

void StarPartWriter::begin() {
  path_ = folder_ / fmt::format("stars-{:04}.fits", parts_.size());
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ < 0) throw Error{Errc::io, io_failure_text("create", path_, errno)};
  shape_.n_row = 0;
  tiles_.clear();
  marks_.clear();
  n_written_ = 0;
  // The number of rows is not known yet: the header is written again in end().
  const std::string head = layout_of(shape_).stars_head;
  put(std::as_bytes(std::span{head}));
}

void StarPartWriter::write_out() {
  write_all(fd_, n_written_, buffer_, path_);
  n_written_ += static_cast<std::int64_t>(buffer_.size());
  buffer_.clear();
}

void StarPartWriter::put(std::span<const std::byte> bytes) {
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  if (buffer_.size() >= kBufferBytes) write_out();
}

void StarPartWriter::put_padded(std::span<const std::byte> bytes) {
  put(bytes);
  const std::int64_t at = n_written_ + static_cast<std::int64_t>(buffer_.size());
  buffer_.resize(buffer_.size() + static_cast<std::size_t>((kBlock - at % kBlock) % kBlock));
}

void StarPartWriter::add(std::int32_t tile, const std::byte* rows,
                         std::span<const std::uint32_t> order, std::int64_t n_mag) {
  const std::size_t row_bytes = shape_.row_bytes();
  const auto n_row = static_cast<std::int64_t>(order.size());
  if (order.empty()) return;
  if (fd_ >= 0 && (shape_.n_row + n_row) * static_cast<std::int64_t>(row_bytes) > max_part_bytes_)
    end();
  if (fd_ < 0) begin();
  const TileEntry entry{.tile = tile,
                        .first_row = shape_.n_row,
                        .n_row = static_cast<std::int32_t>(n_row),
                        .n_mag = static_cast<std::int32_t>(n_mag),
                        .first_mark = static_cast<std::int64_t>(marks_.size() / kMarkBytes)};
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::byte* row = rows + order[i] * row_bytes;
    if (i % static_cast<std::size_t>(kRowsPerMark) == 0)
      marks_.insert(marks_.end(), row + kMagAt, row + kMagAt + kMarkBytes);
    put({row, row_bytes});
  }
  tiles_.push_back(entry);
  shape_.n_row += n_row;
}

void StarPartWriter::end() {
  shape_.n_tile = static_cast<std::int64_t>(tiles_.size());
  shape_.n_mark = static_cast<std::int64_t>(marks_.size() / kMarkBytes);
  const PartLayout layout = layout_of(shape_);
  std::vector<std::byte> table(tiles_.size() * kTileEntryBytes);
  for (std::size_t i = 0; i < tiles_.size(); ++i)
    encode_tile(tiles_[i], table.data() + i * kTileEntryBytes);
  put_padded({});
  put(std::as_bytes(std::span{layout.tiles_head}));
  put_padded(table);
  put(std::as_bytes(std::span{layout.marks_head}));
  put_padded(marks_);
  write_out();
  write_all(fd_, 0, std::as_bytes(std::span{layout.stars_head}), path_);
  if (n_written_ != layout.n_byte)
    throw Error{Errc::internal, fmt::format("{} has {} bytes, {} were planned", path_.string(),
                                            n_written_, layout.n_byte)};
  const int result = ::close(fd_);
  fd_ = -1;
  if (result != 0 && errno != EINTR) throw Error{Errc::io, io_failure_text("close", path_, errno)};
  sync_file(path_);
  parts_.push_back({.file = path_.filename().string(),
                    .n_byte = layout.n_byte,
                    .n_row = shape_.n_row,
                    .n_tile = shape_.n_tile,
                    .n_mark = shape_.n_mark,
                    .first_tile = tiles_.front().tile,
                    .last_tile = tiles_.back().tile,
                    .digest = digest_of_file(path_)});
}

std::vector<StarPart> StarPartWriter::finish() {
  if (fd_ >= 0) end();
  return std::move(parts_);
}

}  // namespace skyweft::io
