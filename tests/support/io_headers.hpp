// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <vector>

#include "io/camera.hpp"
#include "io/header.hpp"

namespace skyweft::support {

/// A light frame of 60 s that starts at 2017-12-20T00:00:00, and nothing else.
inline io::Header light_header() {
  io::Header header;
  header.add_text("IMAGETYP", "Light Frame");
  header.add_text("DATE-OBS", "2017-12-20T00:00:00");
  header.add_number("EXPTIME", 60.0);
  return header;
}

/// The doubts about a file with one HDU.
inline std::vector<std::string> doubts_about(const io::Header& header,
                                             const io::CameraConfig& config) {
  return io::Camera("c", config, 0).doubts(std::span{&header, 1}, "file.fits");
}

}  // namespace skyweft::support
