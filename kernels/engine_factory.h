// Chooses the signal engine at start, says which one runs and why, and checks it before it is trusted.
//
// In the flow: the programs call MakeEngine once; the loop then uses the table. Start only, one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "hot/signal.h"
#include "kernels/engine_guard.h"

namespace tickgraph {

enum class EngineKind { kAuto, kCpu, kCudaGraph, kCudaPersistent };

struct EngineChoice {
  SignalEngine engine;
  std::string name;                    // "cpu-avx512", "cuda-graph", ...
  std::string reason;                  // why this one, in words
  std::shared_ptr<void> owner;         // keeps the engine alive
  std::shared_ptr<EngineGuard> guard;  // of an engine on a device; null for the CPU engine, which needs none
};

// "auto", "cpu", "cuda-graph", "cuda-persistent"; false for anything else.
bool ParseEngineKind(std::string_view text, EngineKind* kind);

// An engine that passed the self-check, or one without an owner and the reason in `*error`. Auto takes a captured graph where a CUDA device
// answers and passes, else the CPU. An engine on a device comes with its guard.
EngineChoice MakeEngine(EngineKind kind, const EngineConfig& config, std::string* error, const GuardConfig& guard = {});

// How an engine on a device is made: its owner and its table, or null and the reason.
using EngineMaker = std::shared_ptr<void> (*)(const EngineConfig& config, SignalEngine* engine, std::string* error);
// Makes one for the self-check, and one to work with under a guard once the first has passed.
EngineChoice MakeGuarded(EngineMaker make, const EngineConfig& config, const GuardConfig& guard, std::string* error);

// Runs a fixed session of quotes through the engine (made with SelfCheckConfig, nothing submitted yet) and the scalar CPU engine; empty
// where every signal is equal bit for bit, else what differs. An engine that does not answer is given a few seconds.
std::string SelfCheck(const SignalEngine& engine);
EngineConfig SelfCheckConfig();

}  // namespace tickgraph
