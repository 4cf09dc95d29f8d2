// Threads that share the work on one picture.
#pragma once

#include <cstdint>
#include <memory>

#include "lic/result.h"

namespace lic::overfitted {

// What ForEach calls. `worker` is the number of the thread, below workers(): for scratch memory.
class Job {
 public:
  virtual ~Job() = default;
  virtual void Do(uint32_t item, uint32_t worker) = 0;
};

class Workers {
 public:
  // Threads beside the caller's: `threads` - 1, or fewer if the system gives no more.
  static Result<std::unique_ptr<Workers>> Create(uint32_t threads);
  virtual ~Workers() = default;

  virtual uint32_t workers() const = 0;
  // Calls job.Do for each item 0..count-1, on several threads and in no order, and returns when all are done. Results
  // do not depend on the number of threads if every item writes to places of its own.
  virtual void Run(uint32_t count, Job& job) = 0;

  template <class Function>
  void ForEach(uint32_t count, const Function& function) {
    struct FunctionJob final : Job {
      explicit FunctionJob(const Function& f) : call(f) {}
      void Do(uint32_t item, uint32_t worker) override { call(item, worker); }
      const Function& call;
    } job(function);
    Run(count, job);
  }
};

}  // namespace lic::overfitted
