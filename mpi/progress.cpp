// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "mpi/progress.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace skyweft::mpi {

std::string progress_text(std::int64_t n_done, std::int64_t n_total, double elapsed_s) {
  std::string text = fmt::format("{}/{}", n_done, n_total);
  if (n_done <= 0 || elapsed_s <= 0.0) return text;
  const double rate = static_cast<double>(n_done) / elapsed_s;
  text += fmt::format("  {:.1f}/s", rate);
  if (n_done >= n_total) return text;
  const auto left_s =
      static_cast<std::int64_t>(std::ceil(static_cast<double>(n_total - n_done) / rate));
  if (left_s >= 3600)
    return text + fmt::format("  eta {}:{:02}:{:02}", left_s / 3600, left_s / 60 % 60, left_s % 60);
  return text + fmt::format("  eta {}:{:02}", left_s / 60, left_s % 60);
}

Progress::Progress(LogSink sink, std::string what, std::int64_t n_total, double every_s,
                   Clock clock)
    : sink_(std::move(sink)),
      what_(std::move(what)),
      n_total_(n_total),
      every_s_(every_s),
      clock_(std::move(clock)),
      start_(clock_()),
      last_(start_) {}

void Progress::reach(std::int64_t n_done) {
  const bool ends_now = n_done >= n_total_ && n_done_ < n_total_;
  n_done_ = n_done;
  if (!sink_) return;
  const auto now = clock_();
  if (!ends_now && std::chrono::duration<double>(now - last_).count() < every_s_) return;
  last_ = now;
  const double elapsed_s = std::chrono::duration<double>(now - start_).count();
  sink_(LogLevel::info, fmt::format("{} {}", what_, progress_text(n_done_, n_total_, elapsed_s)));
}

}  // namespace skyweft::mpi
