// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/frame_catalog.hpp"
#include "data/photometry.hpp"
#include "io/schema.hpp"

namespace skyweft::io {

/// One batch of the frame store. A rejected frame has a record and rows of NaN.
struct Segment {
  std::vector<FrameRecord> records;  ///< [frame]
  FrameBlock photometry;
  std::vector<double> aperture_radius_px;  ///< [ap]
};

/// Writes a segment under its name complete or not at all; datasets are contiguous, so that a range
/// of stars costs in proportion to it. Reads back bit for bit. Collective: no.
/// Throws Error{io}, or Error{internal} when the columns do not have one shape.
void write_segment(const std::filesystem::path& path, const Segment& segment,
                   const ProductStamp& stamp);

/// Throws Error{io} when it cannot be opened, Error{bad_input} when something is missing.
Segment read_segment(const std::filesystem::path& path);

/// The same for the stars [first_star, first_star + n_star) alone: for passes of bounded memory.
Segment read_segment(const std::filesystem::path& path, std::int64_t first_star,
                     std::int64_t n_star);

/// The records alone; no photometry is read.
std::vector<FrameRecord> read_segment_records(const std::filesystem::path& path);

}  // namespace skyweft::io
