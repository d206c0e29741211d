// The system check on made-up machines: trees of /sys and /proc with one thing right or wrong at a time.
#include "perf/doctor.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "perf/machine_stamp.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;

const std::string kCpu = "/sys/devices/system/cpu/";
const std::string kClock = "/sys/devices/system/clocksource/clocksource0/";

// A machine in a folder of its own; a test changes what it is about.
class DoctorTest : public ::testing::Test {
 protected:
  DoctorTest() {
    static int count = 0;
    view_.root =
        (std::filesystem::temp_directory_path() / ("tickgraph-doctor-" + std::to_string(getpid()) + "-" + std::to_string(count++)));
    std::filesystem::create_directories(view_.root);
  }
  ~DoctorTest() override { std::filesystem::remove_all(view_.root); }

  void Write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(view_.root + path).parent_path());
    std::ofstream(view_.root + path) << text << "\n";
  }
  void Remove(const std::string& path) { std::filesystem::remove_all(view_.root + path); }

  // Eight cores of two threads each as 0-3 with siblings 4-7, and all that can be wished for core 3.
  void WriteGoodMachine() {
    Write(kCpu + "online", "0-3");
    Write(kCpu + "isolated", "3");
    Write(kCpu + "nohz_full", "3");
    Write(kCpu + "smt/active", "0");
    Write(kCpu + "cpu3/cpufreq/scaling_governor", "performance");
    Write(kCpu + "cpu3/cpufreq/scaling_driver", "intel_pstate");
    Write(kCpu + "cpu3/cpuidle/state0/latency", "0");
    Write(kCpu + "cpu3/cpuidle/state0/name", "POLL");
    Write(kCpu + "cpu3/cpuidle/state1/latency", "2");
    Write(kCpu + "cpu3/cpuidle/state1/name", "C1");
    Write(kCpu + "intel_pstate/no_turbo", "1");
    Write(kCpu + "vulnerabilities/meltdown", "Not affected");
    Write("/proc/cmdline", "quiet isolcpus=3 nohz_full=3 rcu_nocbs=3");
    Write("/proc/irq/24/effective_affinity_list", "0-2");
    Write("/proc/irq/25/smp_affinity_list", "1");
    Write("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never");
    Write("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "512");
    Write("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "500");
    Write("/sys/devices/system/node/online", "0");
    Write("/proc/self/limits",
          "Limit                     Soft Limit           Hard Limit           Units\n"
          "Max locked memory         unlimited            unlimited            bytes");
    Write("/proc/swaps", "Filename Type Size Used Priority");
    Write("/proc/cpuinfo", "processor : 0\nflags : fpu constant_tsc nonstop_tsc rdtscp");
    Write(kClock + "current_clocksource", "tsc");
    Write(kClock + "available_clocksource", "tsc hpet acpi_pm");
    view_.shm_bytes = uint64_t{4} << 30;
    view_.nics = {{.name = "eth0", .rx_ring = 4096, .rx_ring_max = 4096, .rx_usecs = 0, .adaptive_rx = false}};
    view_.gpus = {{.name = "H100",
                   .sm_mhz = 1980,
                   .sm_mhz_max = 1980,
                   .throttled = false,
                   .persistence = true,
                   .pcie_gen = 5,
                   .pcie_gen_max = 5,
                   .pcie_width = 16,
                   .pcie_width_max = 16}};
  }

  Check Find(const std::string& name) const {
    for (const Check& check : RunChecks(view_))
      if (check.name == name) return check;
    ADD_FAILURE() << "there is no check " << name;
    return {};
  }
  // The verdict as said and, where something is to be done, how.
  void Expect(const std::string& name, Verdict verdict, const std::string& read, const std::string& fix = "") const {
    const Check check = Find(name);
    EXPECT_EQ(check.verdict, verdict) << name << ": " << check.read;
    EXPECT_THAT(check.read, HasSubstr(read)) << name;
    EXPECT_THAT(check.fix, HasSubstr(fix)) << name;
    EXPECT_EQ(check.fix.empty(), verdict == Verdict::kPass || verdict == Verdict::kSkip) << name << ": " << check.fix;
  }

  SystemView view_;
};

TEST_F(DoctorTest, PassesAGoodMachineWhole) {
  WriteGoodMachine();
  for (const Check& check : RunChecks(view_)) EXPECT_EQ(check.verdict, Verdict::kPass) << check.name << ": " << check.read;
  EXPECT_EQ(SummaryOf(RunChecks(view_)), "21 pass, 0 warn, 0 fail, 0 skip");
}

TEST_F(DoctorTest, SkipsWhatAnEmptyMachineDoesNotSay) {
  for (const Check& check : RunChecks(view_)) {
    const bool boot_option = check.name == "nohz_full" || check.name == "rcu_nocbs";
    EXPECT_EQ(check.verdict, boot_option ? Verdict::kWarn : Verdict::kSkip) << check.name << ": " << check.read;
    EXPECT_NE(check.read, "") << check.name;
  }
}

TEST_F(DoctorTest, Cores) {
  WriteGoodMachine();
  Write(kCpu + "isolated", "");
  Expect("isolated_cores", Verdict::kWarn, "online 0-3, isolated none", "isolcpus");
  view_.core = 2;
  Write(kCpu + "isolated", "3");
  Expect("isolated_cores", Verdict::kWarn, "isolated 3", "isolcpus");
  Expect("nohz_full", Verdict::kWarn, "3", "nohz_full=N");
  view_.core = 3;
  Write(kCpu + "online", "0");
  Expect("isolated_cores", Verdict::kFail, "online 0", "two or more");
}

TEST_F(DoctorTest, TickAndCallbacks) {
  WriteGoodMachine();
  Write("/proc/cmdline", "quiet nohz_full=3");
  Expect("rcu_nocbs", Verdict::kPass, "implied by nohz_full");
  Write(kCpu + "nohz_full", "(null)");
  Expect("nohz_full", Verdict::kWarn, "none", "nohz_full=N");
  Expect("rcu_nocbs", Verdict::kWarn, "none", "rcu_nocbs=N");
  Write("/proc/cmdline", "rcu_nocbs=all");
  Expect("rcu_nocbs", Verdict::kPass, "all");
}

TEST_F(DoctorTest, Siblings) {
  WriteGoodMachine();
  Write(kCpu + "smt/active", "1");
  Write(kCpu + "cpu3/topology/thread_siblings_list", "3,7");
  Expect("smt", Verdict::kWarn, "3,7", "nosmt");
  Write(kCpu + "cpu3/topology/thread_siblings_list", "3");
  Expect("smt", Verdict::kPass, "siblings are offline");
}

TEST_F(DoctorTest, Interrupts) {
  WriteGoodMachine();
  Write("/proc/irq/25/smp_affinity_list", "0-3");
  Expect("irq_affinity", Verdict::kWarn, "1 of 2 interrupts go to cores 3, the first is 25", "smp_affinity_list");
  Write(kCpu + "isolated", "");
  Expect("irq_affinity", Verdict::kSkip, "no core is isolated");
}

TEST_F(DoctorTest, Power) {
  WriteGoodMachine();
  Write(kCpu + "cpu3/cpufreq/scaling_governor", "powersave");
  Expect("governor", Verdict::kWarn, "powersave", "performance");
  Write(kCpu + "cpu3/cpufreq/scaling_driver", "acpi-cpufreq");
  Expect("governor", Verdict::kFail, "powersave", "performance");
  Write(kCpu + "cpu3/cpuidle/state2/latency", "85");
  Write(kCpu + "cpu3/cpuidle/state2/name", "C1E");
  Expect("c_states", Verdict::kWarn, "C1E, 85 us", "max_cstate");
  Write(kCpu + "cpu3/cpuidle/state3/latency", "890");
  Write(kCpu + "cpu3/cpuidle/state3/name", "C10");
  Expect("c_states", Verdict::kFail, "C10, 890 us", "max_cstate");
  Write(kCpu + "cpu3/cpuidle/state3/disable", "1");
  Expect("c_states", Verdict::kWarn, "C1E", "max_cstate");
  Write(kCpu + "intel_pstate/no_turbo", "0");
  Expect("turbo", Verdict::kWarn, "on", "no_turbo");
  Remove(kCpu + "intel_pstate");
  Write(kCpu + "cpufreq/boost", "0");
  Expect("turbo", Verdict::kPass, "off");
}

TEST_F(DoctorTest, MitigationsAreNamed) {
  WriteGoodMachine();
  Write(kCpu + "vulnerabilities/spectre_v2", "Mitigation: Retpolines");
  Expect("mitigations", Verdict::kWarn, "active: spectre_v2", "mitigations=off");
  Write("/proc/cmdline", "mitigations=off");
  Expect("mitigations", Verdict::kPass, "off");
}

TEST_F(DoctorTest, HugePages) {
  WriteGoodMachine();
  Write("/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never");
  Expect("transparent_huge_pages", Verdict::kWarn, "always", "madvise");
  Write("/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]");
  Expect("transparent_huge_pages", Verdict::kFail, "never", "madvise");
  Write("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "0");
  Expect("explicit_huge_pages", Verdict::kWarn, "0 of 2048 KiB", "nr_hugepages");
}

TEST_F(DoctorTest, Numa) {
  WriteGoodMachine();
  Write("/sys/devices/system/node/online", "0-1");
  Write("/sys/devices/system/node/node0/cpulist", "0-1");
  Write("/sys/devices/system/node/node1/cpulist", "2-3");
  Write("/proc/sys/kernel/numa_balancing", "0");
  Expect("numa", Verdict::kPass, "nodes 0-1");
  Write("/sys/class/net/eth0/device/numa_node", "0");
  Expect("numa", Verdict::kWarn, "eth0 is on node 0", "core");
  Write("/proc/sys/kernel/numa_balancing", "1");
  Expect("numa", Verdict::kFail, "balancing on", "numa_balancing=0");
}

TEST_F(DoctorTest, SharedAndLockedMemory) {
  WriteGoodMachine();
  view_.shm_bytes = uint64_t{512} << 20;
  Expect("dev_shm", Verdict::kWarn, "512 MiB", "remount");
  view_.shm_bytes = uint64_t{64} << 20;
  Expect("dev_shm", Verdict::kFail, "64 MiB", "--shm-size");
  Write("/proc/self/limits", "Max locked memory         8388608              8388608              bytes");
  Expect("locked_memory", Verdict::kWarn, "8192 KiB", "ulimit -l");
  Write("/proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 8 0 -2");
  Expect("locked_memory", Verdict::kFail, "there is swap", "swapoff");
}

TEST_F(DoctorTest, NetworkCards) {
  WriteGoodMachine();
  view_.nics[0].rx_ring = 512;
  Expect("nic_ring", Verdict::kWarn, "eth0 512 of 4096", "ethtool -G eth0");
  view_.nics[0].rx_usecs = 50;
  Expect("nic_coalescing", Verdict::kWarn, "rx-usecs 50", "ethtool -C eth0");
  view_.nics.clear();
  Expect("nic_ring", Verdict::kSkip, "no network card");
  Expect("nic_coalescing", Verdict::kSkip, "no network card");
}

TEST_F(DoctorTest, Gpus) {
  WriteGoodMachine();
  view_.gpus[0].sm_mhz = 345;
  Expect("gpu_clocks", Verdict::kWarn, "345 of 1980 MHz", "-lgc");
  view_.gpus[0].throttled = true;
  Expect("gpu_clocks", Verdict::kFail, "held back", "cool");
  view_.gpus[0].persistence = false;
  Expect("gpu_persistence", Verdict::kWarn, "H100 off", "nvidia-smi -pm 1");
  view_.gpus[0].pcie_gen = 1;
  Expect("gpu_pcie_link", Verdict::kWarn, "gen 1 x16 of gen 5 x16", "under load");
  view_.gpus[0].pcie_width = 8;
  Expect("gpu_pcie_link", Verdict::kFail, "x8 of gen 5 x16", "lanes");
  // One good card does not hide a bad one.
  GpuState good = view_.gpus[0];
  good.pcie_gen = 5;
  good.pcie_width = 16;
  view_.gpus.push_back(good);
  Expect("gpu_pcie_link", Verdict::kFail, "; H100 gen 5 x16", "lanes");
  view_.gpus.clear();
  view_.gpu_text = "no GPU: no NVIDIA driver on this machine";
  for (const char* name : {"gpu_clocks", "gpu_persistence", "gpu_pcie_link"}) Expect(name, Verdict::kSkip, "no GPU");
}

TEST_F(DoctorTest, Clocks) {
  WriteGoodMachine();
  EXPECT_TRUE(SystemCallProof(view_)[0].holds);
  Write(kClock + "current_clocksource", "kvm-clock");
  Expect("clock_source", Verdict::kWarn, "kvm-clock", "clocksource=tsc");
  Write(kClock + "current_clocksource", "hpet");
  Expect("clock_source", Verdict::kFail, "hpet", "clocksource=tsc");
  EXPECT_FALSE(SystemCallProof(view_)[0].holds) << "a clock that costs a call breaks the proof";
  Write(kClock + "available_clocksource", "hpet acpi_pm");
  Expect("tsc", Verdict::kWarn, "not offered", "pin");
  Write("/proc/cpuinfo", "flags : fpu constant_tsc");
  Expect("tsc", Verdict::kFail, "stops in sleep", "invariant");
}

TEST(SystemViewTest, CoreLists) {
  EXPECT_EQ(ParseCoreList("0-2,5"), (std::vector<int>{0, 1, 2, 5}));
  EXPECT_EQ(ParseCoreList("(null)"), std::vector<int>{});
  EXPECT_EQ(ParseCoreList(""), std::vector<int>{});
  EXPECT_EQ(CoreListText({0, 1, 2, 5, 7, 8}), "0-2,5,7-8");
}

TEST(MachineStampTest, CarriesTheSummary) { EXPECT_THAT(ReadMachineStamp().doctor, HasSubstr(" pass, ")); }

}  // namespace
}  // namespace tickgraph
