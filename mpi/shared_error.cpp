// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "mpi/shared_error.hpp"

#include <string>
#include <vector>

#include "core/error.hpp"
#include "mpi/collectives.hpp"

namespace skyweft::mpi {

namespace {

struct Fault {
  Errc code = Errc::internal;
  bool has_test = false;
  double measured = 0.0;
  double threshold = 0.0;
  std::int64_t n_text = 0;
  std::int64_t n_name = 0;
};

void describe(const std::exception_ptr& thrown, Fault& fault, std::string& text,
              std::string& name) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& error) {
    fault.code = error.code();
    text = error.what();
    if (error.test()) {
      fault.has_test = true;
      name = error.test()->name;
      fault.measured = error.test()->measured;
      fault.threshold = error.test()->threshold;
    }
  } catch (const std::exception& error) {
    text = error.what();
  } catch (...) {
    text = "an exception of unknown type";
  }
  fault.n_text = static_cast<std::int64_t>(text.size());
  fault.n_name = static_cast<std::int64_t>(name.size());
}

}  // namespace

std::exception_ptr caught(const std::function<void()>& action) noexcept {
  try {
    action();
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

void throw_together(const Comm& comm, std::exception_ptr mine) {
  const std::int64_t candidate = mine ? comm.rank() : comm.size();
  const auto speaker = static_cast<int>(min_over_ranks(comm, candidate));
  if (speaker == comm.size()) return;
  Fault fault;
  std::string text;
  std::string name;
  if (speaker == comm.rank()) describe(mine, fault, text, name);
  bcast(comm, std::span{&fault, 1}, speaker);
  text.resize(static_cast<std::size_t>(fault.n_text));
  name.resize(static_cast<std::size_t>(fault.n_name));
  bcast(comm, std::span<char>{text}, speaker);
  bcast(comm, std::span<char>{name}, speaker);
  Error error{fault.code, text};
  if (fault.has_test) throw std::move(error).because({name, fault.measured, fault.threshold});
  throw error;
}

}  // namespace skyweft::mpi
