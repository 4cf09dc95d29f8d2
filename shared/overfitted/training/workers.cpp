#include "overfitted/training/workers.h"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <new>
#include <vector>

namespace lic::overfitted {
namespace {

// A thread that finds nothing to do looks so often before it sleeps: phases of the descent follow each other closely.
constexpr int kLooks = 2000;

class Threads final : public Workers {
 public:
  ~Threads() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
      round_.fetch_add(1);
    }
    wake_.notify_all();
    for (const Thread& thread : threads_) pthread_join(thread.handle, nullptr);
  }

  void Start(uint32_t threads) {
    threads_.resize(threads > 0 ? threads - 1 : 0);
    for (uint32_t i = 0; i < threads_.size(); ++i) {
      threads_[i].owner = this;
      threads_[i].number = i + 1;
      if (pthread_create(&threads_[i].handle, nullptr, Main, &threads_[i]) != 0) {
        threads_.resize(i);
        break;
      }
    }
  }

  uint32_t workers() const override { return static_cast<uint32_t>(threads_.size()) + 1; }

  void Run(uint32_t count, Job& job) override {
    if (threads_.empty() || count <= 1) {
      for (uint32_t i = 0; i < count; ++i) job.Do(i, 0);
      return;
    }
    {
      std::lock_guard lock(mutex_);
      job_ = &job;
      count_ = count;
      next_.store(0);
      busy_.store(static_cast<uint32_t>(threads_.size()));
      round_.fetch_add(1);
    }
    wake_.notify_all();
    Work(0);
    for (int look = 0; busy_.load() > 0; ++look) {
      if (look < kLooks) continue;
      std::unique_lock lock(mutex_);
      done_.wait(lock, [this] { return busy_.load() == 0; });
    }
  }

 private:
  struct Thread {
    Threads* owner = nullptr;
    uint32_t number = 0;
    pthread_t handle = {};
  };

  static void* Main(void* argument) {
    const Thread& thread = *static_cast<Thread*>(argument);
    thread.owner->Serve(thread.number);
    return nullptr;
  }

  void Serve(uint32_t number) {
    for (uint64_t seen = 0;;) {
      for (int look = 0; look < kLooks && round_.load() == seen; ++look) continue;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this, seen] { return round_.load() != seen; });
        seen = round_.load();
        if (stopping_) return;
      }
      Work(number);
      if (busy_.fetch_sub(1) == 1) {
        std::lock_guard lock(mutex_);
        done_.notify_one();
      }
    }
  }

  void Work(uint32_t number) {
    for (uint32_t i = next_.fetch_add(1); i < count_; i = next_.fetch_add(1)) job_->Do(i, number);
  }

  std::vector<Thread> threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::atomic<uint64_t> round_ = 0;
  std::atomic<uint32_t> next_ = 0;
  std::atomic<uint32_t> busy_ = 0;
  Job* job_ = nullptr;
  uint32_t count_ = 0;
  bool stopping_ = false;
};

}  // namespace

Result<std::unique_ptr<Workers>> Workers::Create(uint32_t threads) {
  std::unique_ptr<Threads> workers(new (std::nothrow) Threads);
  if (!workers) return Fail(Error::kOutOfMemory, "no memory for threads");
  workers->Start(threads);
  return std::unique_ptr<Workers>(std::move(workers));
}

}  // namespace lic::overfitted
