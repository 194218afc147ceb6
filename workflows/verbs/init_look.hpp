// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace skyweft::workflows {

/// What the headers of one camera's frames say.
struct FoundCamera {
  std::string name;  ///< fit for a section of the configuration
  std::string when;  ///< the condition that tells it from the others; empty for the only one
  std::map<std::string, int> types;
  std::map<std::string, int> filters;
  std::set<std::string> doubts;
  std::set<std::string> facts;  ///< sections, mosaic, binning: what was taken from the header
  bool assumed_lights = false;  ///< no header names a frame type
  bool any_scale = false;
};

/// What the headers of a folder say, value by value with how many frames say it.
struct Found {
  std::vector<FoundCamera> cameras;
  std::map<std::string, int> failures;
  std::set<std::string> folders_of_lights;
  std::set<std::string> folders_of_calibration;
  std::set<std::string> folders_left_out;  ///< no frame in them was understood
  bool any_pointing = false;
  std::string example;  ///< a frame that was not understood, and why

  int n_type(const std::string& type) const;
};

/// Reads the headers of all files. Frames whose header names different instruments become cameras
/// of their own. Throws: never for a bad file.
Found look_at_headers(const std::vector<std::filesystem::path>& paths);

}  // namespace skyweft::workflows
