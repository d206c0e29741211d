// All checks in order, their totals, and what the no-system-call proof covers.
#include "perf/doctor.h"

namespace tickgraph {

std::vector<Check> RunChecks(const SystemView& view) {
  std::vector<Check> out;
  for (auto* group : {CheckCores, CheckPower, CheckMemory, CheckDevices, CheckClocks}) {
    for (Check& check : group(view)) out.push_back(std::move(check));
  }
  return out;
}

DoctorTotals TotalsOf(const std::vector<Check>& checks) {
  DoctorTotals totals;
  for (const Check& check : checks) {
    int* const counts[] = {&totals.passed, &totals.warned, &totals.failed, &totals.skipped};
    ++*counts[static_cast<int>(check.verdict)];
  }
  return totals;
}

std::string SummaryOf(const std::vector<Check>& checks) {
  const DoctorTotals totals = TotalsOf(checks);
  std::string out = std::to_string(totals.passed) + " pass, " + std::to_string(totals.warned) + " warn, " + std::to_string(totals.failed) +
                    " fail, " + std::to_string(totals.skipped) + " skip";
  for (const Verdict verdict : {Verdict::kFail, Verdict::kWarn}) {
    std::string names;
    for (const Check& check : checks)
      if (check.verdict == verdict) AddItem(&names, check.name);
    if (!names.empty()) out += std::string("; ") + kVerdictNames[static_cast<int>(verdict)] + " " + names;
  }
  return out;
}

std::vector<ProofRow> SystemCallProof(const SystemView& view) {
  const std::string clock = view.Text("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  const bool clock_in_user_space = clock == "tsc" || clock == "kvm-clock" || clock == "hyperv_clocksource_tsc_page";
  const std::string clock_text = clock_in_user_space ? "clock source " + clock + " is read without a call"
                                                     : "clock source " + (clock.empty() ? std::string("unknown") : clock) +
                                                           " is read by a system call, once an idle poll";
  return {
      {"memory port, engine cpu", clock_in_user_space, "proven by make soak; " + clock_text},
      {"DPDK net_ring and net_null, engine cpu", clock_in_user_space,
       "net_ring proven by make soak, net_null is the same path; " + clock_text},
      {"capture file, engine cpu", false, "the file is mapped and populated by madvise, or read, in pieces of megabytes"},
      {"DPDK net_pcap", false, "libpcap reads its file in the poll"},
      {"DPDK net_af_packet, UDP and TCP sockets", false, "the kernel serves the port; its calls are listed in the port's header"},
      {"--speed N, or --tape-full wait with a slow archiver", false,
       "the player, not the loop, sleeps while a packet is not due or is held back"},
      {"engines cuda-graph and cuda-persistent", false, "what the driver calls in a launch is the driver's; not measured here"},
  };
}

}  // namespace tickgraph
