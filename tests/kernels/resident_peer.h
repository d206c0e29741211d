// The resident kernel on a thread of the host: its own body on the launch emulator, behind a mailbox in ordinary memory.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "kernels/persistent_engine.h"
#include "kernels/resident_kernel.h"
#include "tests/kernels/launch_emulator.h"

namespace tickgraph {

class ResidentPeer {
 public:
  ResidentPeer(const EngineConfig& config, uint32_t blocks)
      : request_(size_t{1} << RingSizeLog2(MostRequestLines(config))),
        response_(size_t{1} << RingSizeLog2(MostResponseLines(config))),
        rows_(config.max_instruments),
        definitions_(config.max_instruments),
        blocks_(blocks) {
    state_.Allocate(LayoutEngineState(&arguments_.state, config, nullptr));
    LayoutEngineState(&arguments_.state, config, state_.data());
    arguments_.mailbox = {{request_.data(), RingSizeLog2(MostRequestLines(config))},
                          {response_.data(), RingSizeLog2(MostResponseLines(config))},
                          &mailbox_control_};
    arguments_.control = &control_;
    arguments_.rows = rows_.data();
    arguments_.definitions = definitions_.data();
    host = std::make_unique<PersistentEngine>(config, arguments_.mailbox);
  }
  ~ResidentPeer() {
    StoreFlag(&mailbox_control_.stop, 1);
    if (thread_.joinable()) thread_.join();
  }

  void Start() {
    thread_ = std::thread([this] {
      LaunchEmulator(blocks_, kBlockThreads, FiberOrder::kMixed)
          .RunShared<ResidentShared>([this](EmulatedBlock& b, ResidentShared& shared) { ResidentBody(b, arguments_, shared); });
    });
  }
  void Join() { thread_.join(); }
  [[nodiscard]] const Mailbox& mailbox() const { return arguments_.mailbox; }
  [[nodiscard]] uint32_t rounds_with_helpers() const { return __atomic_load_n(&control_.work, __ATOMIC_ACQUIRE); }

  std::unique_ptr<PersistentEngine> host;

 private:
  HugeArray<char> state_;
  std::vector<MailboxLine> request_, response_;
  MailboxControl mailbox_control_ = {};
  ResidentControl control_ = {};
  std::vector<EngineRow> rows_;
  std::vector<EngineInstrument> definitions_;
  ResidentArguments arguments_ = {};
  uint32_t blocks_;
  std::thread thread_;
};

}  // namespace tickgraph
