// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

#include "mpi/comm.hpp"

namespace skyweft::support {

/// Collective. One empty folder for all ranks, removed by root at the end.
class SharedFolder {
 public:
  SharedFolder(const mpi::Comm& comm, const std::string& name)
      : comm_(comm),
        path_(std::filesystem::current_path() / (name + "." + std::to_string(comm.size()))) {
    if (comm.is_root()) {
      std::filesystem::remove_all(path_);
      std::filesystem::create_directories(path_);
    }
    comm.barrier();
  }
  ~SharedFolder() {
    comm_.barrier();
    std::error_code ignored;
    if (comm_.is_root()) std::filesystem::remove_all(path_, ignored);
  }
  SharedFolder(const SharedFolder&) = delete;
  SharedFolder& operator=(const SharedFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  const mpi::Comm& comm_;
  std::filesystem::path path_;
};

}  // namespace skyweft::support
