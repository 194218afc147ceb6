// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "mpi/farm.hpp"

#include <exception>

#include "mpi/collectives.hpp"
#include "mpi/raw.hpp"
#include "mpi/shared_error.hpp"

namespace skyweft::mpi {

namespace {

/// A number on root that every rank adds to without root's help. Collective: construction, close.
class SharedCounter {
 public:
  explicit SharedCounter(const Comm& comm) {
    const MPI_Aint n_byte = comm.is_root() ? static_cast<MPI_Aint>(sizeof(std::int64_t)) : 0;
    void* memory = nullptr;
    check(
        MPI_Win_allocate(n_byte, sizeof(std::int64_t), MPI_INFO_NULL, raw(comm), &memory, &window_),
        "MPI_Win_allocate");
    check(MPI_Win_set_errhandler(window_, MPI_ERRORS_RETURN), "MPI_Win_set_errhandler");
    check(MPI_Win_lock_all(MPI_MODE_NOCHECK, window_), "MPI_Win_lock_all");
    if (comm.is_root()) {
      *static_cast<std::int64_t*>(memory) = 0;
      check(MPI_Win_sync(window_), "MPI_Win_sync");
    }
    comm.barrier();
  }

  std::int64_t fetch_add(std::int64_t n) {
    std::int64_t before = 0;
    check(MPI_Fetch_and_op(&n, &before, MPI_INT64_T, 0, 0, MPI_SUM, window_), "MPI_Fetch_and_op");
    check(MPI_Win_flush(0, window_), "MPI_Win_flush");
    return before;
  }

  void close() {
    check(MPI_Win_unlock_all(window_), "MPI_Win_unlock_all");
    check(MPI_Win_free(&window_), "MPI_Win_free");
  }

 private:
  MPI_Win window_ = MPI_WIN_NULL;  // not freed by a destructor: freeing waits for the other ranks
};

std::int64_t farm_alone(std::int64_t n_items, const std::function<void(std::int64_t)>& work,
                        const std::function<bool()>& should_stop) {
  std::int64_t item = 0;
  for (; item < n_items && !(should_stop && should_stop()); ++item) work(item);
  return item;
}

}  // namespace

std::int64_t farm(const Comm& comm, std::int64_t n_items,
                  const std::function<void(std::int64_t item)>& work,
                  const std::function<bool()>& should_stop) {
  if (comm.size() == 1) return farm_alone(n_items, work, should_stop);
  // Between nodes Open MPI serves the counter only while root is inside MPI: there root serves,
  // workers work.
  const bool one_node = comm.all_of(comm.node().size() == comm.size());
  const bool only_serves = comm.is_root() && !one_node;
  SharedCounter next{comm};
  std::int64_t n_done = 0;
  const std::exception_ptr fault = caught([&] {
    while (!only_serves && !(should_stop && should_stop())) {
      const std::int64_t item = next.fetch_add(1);
      if (item >= n_items) break;
      work(item);
      ++n_done;
    }
  });
  if (fault) next.fetch_add(n_items);  // nobody takes another item
  comm.barrier();                      // root answers requests until the last rank is through
  next.close();
  throw_together(comm, fault);
  return sum_over_ranks(comm, n_done);
}

void tick(const Comm& comm) {
  int ignored = 0;
  check(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, raw(comm), &ignored, MPI_STATUS_IGNORE),
        "MPI_Iprobe");
}

}  // namespace skyweft::mpi
