// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "bench/timing.hpp"

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <span>
#include <vector>

#include <sys/resource.h>

#include "core/robust.hpp"

namespace skyweft::bench {
namespace {

double wall_now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double own_cpu_s() {
  return static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC);
}

double children_cpu_s() {
  rusage used{};
  getrusage(RUSAGE_CHILDREN, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

template <class CpuClock>
Cost medians(int n_run, const std::function<void()>& work, const std::function<void()>& prepare,
             CpuClock cpu_now_s) {
  std::vector<double> cpu_s;
  std::vector<double> wall_s;
  for (int run = 0; run < n_run; ++run) {
    if (prepare) prepare();
    const double cpu = cpu_now_s();
    const double wall = wall_now_s();
    work();
    wall_s.push_back(wall_now_s() - wall);
    cpu_s.push_back(cpu_now_s() - cpu);
  }
  return {.cpu_s = median_in_place(std::span<double>{cpu_s}),
          .wall_s = median_in_place(std::span<double>{wall_s})};
}

}  // namespace

Cost median_cost(int n_run, const std::function<void()>& work,
                 const std::function<void()>& prepare) {
  return medians(n_run, work, prepare, own_cpu_s);
}

Cost median_cost_of_command(int n_run, const std::string& command) {
  const std::string quiet = "{ " + command + "; } >/dev/null 2>&1";
  bool is_good = true;
  const Cost cost = medians(
      n_run, [&] { is_good = is_good && std::system(quiet.c_str()) == 0; }, {}, children_cpu_s);
  return is_good ? cost : Cost{};
}

}  // namespace skyweft::bench
