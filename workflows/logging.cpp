// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/logging.hpp"

#include <cstdlib>
#include <ctime>
#include <memory>
#include <vector>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include "core/error.hpp"

namespace skyweft::workflows {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

LogSink make_log(const std::filesystem::path& file) {
  std::vector<spdlog::sink_ptr> sinks;
  if (std::getenv("NO_COLOR") != nullptr)
    sinks.push_back(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  else
    sinks.push_back(std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  if (!file.empty()) {
    try {
      sinks.push_back(std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string()));
    } catch (const spdlog::spdlog_ex& error) {
      throw Error{Errc::io, std::string{"cannot write the log: "} + error.what()};
    }
  }
  // Shared: the sink is a copyable function that several drivers hold.
  auto logger = std::make_shared<spdlog::logger>("skyweft", sinks.begin(), sinks.end());
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      "%Y-%m-%dT%H:%M:%SZ %^%l%$ %v", spdlog::pattern_time_type::utc));
  logger->flush_on(spdlog::level::info);
  return
      [logger](LogLevel level, std::string_view text) { logger->log(level_of(level), "{}", text); };
}

LogSink silent_log() {
  return [](LogLevel, std::string_view) {};
}

double peak_memory_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace skyweft::workflows
