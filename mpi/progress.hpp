// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "core/log.hpp"

namespace skyweft::mpi {

/// Lines "frames 37/142  12.1/s  eta 0:09" to a log sink, at most one every few seconds and one at
/// the end. Give root the log and the others `LogSink{}`. Collective: no.
class Progress {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  Progress(LogSink sink, std::string what, std::int64_t n_total, double every_s = 5.0,
           Clock clock = std::chrono::steady_clock::now);

  /// `n` more are done.
  void advance(std::int64_t n = 1) { reach(n_done_ + n); }
  /// `n_done` are done now. In a farm items are handed out in order, so root knows from the number
  /// of its own item how many all ranks have taken before.
  void reach(std::int64_t n_done);

 private:
  LogSink sink_;
  std::string what_;
  std::int64_t n_total_;
  std::int64_t n_done_ = 0;
  double every_s_;
  Clock clock_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_;
};

/// "37/142  12.1/s  eta 0:09"; without rate and eta as long as they are unknown.
std::string progress_text(std::int64_t n_done, std::int64_t n_total, double elapsed_s);

}  // namespace skyweft::mpi
