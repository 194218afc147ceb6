// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

#include "core/units.hpp"

namespace skyweft::bench {

/// What a piece of work took: medians over the runs.
struct Cost {
  double cpu_s = kNaN;  ///< user and system, of this process or of the child
  double wall_s = kNaN;
};

/// Runs `work` n_run times; `prepare` comes before each and is not counted. Collective: no.
Cost median_cost(int n_run, const std::function<void()>& work,
                 const std::function<void()>& prepare = {});

/// The same for a shell command; its CPU seconds are those of the child and all its children. Its
/// output is thrown away. NaNs when it does not end with 0. Collective: no.
Cost median_cost_of_command(int n_run, const std::string& command);

/// Keeps a result alive: the compiler must assume that somebody looks at it.
template <class T>
void keep(const T& value) {
  static const volatile void* sink;
  sink = &value;
  (void)sink;
}

}  // namespace skyweft::bench
