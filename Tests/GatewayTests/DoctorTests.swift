import Testing
import Transport

@testable import Gateway
@testable import Ledger
@testable import Telemetry

@Suite struct DoctorTests {
    private typealias State = DoctorFinding.State
    private let gibibyte: Int64 = 1 << 30
    private let second: Int64 = 1_000_000_000
    private let today: Int64 = 1_795_240_800_000_000_000

    private func folder(_ change: (inout MachineChecks.Folder) -> Void = { _ in }) -> MachineChecks.Folder {
        var folder = MachineChecks.Folder(path: "/d", freeBytes: 50 * gibibyte, totalBytes: 100 * gibibyte)
        change(&folder)
        return folder
    }

    @Test("Each finding that is not ok says what to do")
    func cures() {
        let findings = [
            MachineChecks.data(folder { $0.isWritable = false }), MachineChecks.data(folder { $0.isFolder = false }),
            MachineChecks.data(folder { $0.isOpenToOthers = true }), MachineChecks.disk(folder { $0.freeBytes = 1 }),
            MachineChecks.descriptors(limit: 1024, connections: 10_000, loops: 1, isOfGateway: true),
            ReachabilityChecks.finding("p", "h:1", .failed(.timedOut)), GatewayChecks.drops(drops(1)),
            CollectorChecks.finding("c", "h:1", .unreachable("away")),
        ]
        #expect(findings.allSatisfy { $0.state != .ok && !$0.cure.isEmpty && !$0.detail.isEmpty })
    }

    @Test("The data folder")
    func data() {
        #expect(MachineChecks.data(folder()).state == .ok)
        #expect(MachineChecks.data(folder { $0.exists = false }).detail.contains("will make it"))
        #expect(MachineChecks.data(folder { $0.isWritable = false }).state == .fail)
        #expect(MachineChecks.data(folder { $0.isOpenToOthers = true }).state == .warn)
        let dead = MachineChecks.data(
            folder {
                $0.exists = false
                $0.deadLink = "/mnt/ledger"
            })
        #expect(dead.state == .fail && dead.detail.contains("/mnt/ledger is a link"))
    }

    @Test("Free space: a warning below one GiB, a failure below an eighth of that, and when no file can be made")
    func disk() {
        #expect(MachineChecks.disk(folder()).state == .ok)
        #expect(MachineChecks.disk(folder { $0.freeBytes = gibibyte }).state == .ok)
        #expect(MachineChecks.disk(folder { $0.freeBytes = gibibyte - 1 }).state == .warn)
        #expect(MachineChecks.disk(folder { $0.freeBytes = gibibyte / 8 - 1 }).state == .fail)
        #expect(MachineChecks.disk(folder { $0.freeFiles = 99 }).state == .fail)
        #expect(MachineChecks.disk(folder { $0.freeFiles = 100 }).state == .ok)
    }

    @Test("Open files: two for each connection of each loop, and some")
    func descriptors() {
        func finding(_ limit: Int64, loops: Int, isOfGateway: Bool = true) -> DoctorFinding {
            MachineChecks.descriptors(limit: limit, connections: 10_000, loops: loops, isOfGateway: isOfGateway)
        }
        #expect(finding(20_200, loops: 1).state == .ok && finding(80_200, loops: 4).state == .ok)
        let short = finding(20_199, loops: 1, isOfGateway: false)
        #expect(short.state == .warn && short.cure.contains("20200") && short.detail.contains("started here"))
        let several = finding(80_199, loops: 4)
        #expect(several.state == .warn && several.cure.contains("80200"))
        #expect(several.detail.contains("10000 connections on each of 4 loops need up to 80200"))
    }

    @Test("The clock: implausible, set back, not synchronized")
    func clock() {
        func state(_ now: Int64, _ isSynchronized: Bool? = true, newest: Int64? = nil) -> State {
            MachineChecks.clock(
                MachineChecks.Clock(now: now, isSynchronized: isSynchronized, newestRequest: newest)
            ).state
        }
        #expect(state(today) == .ok && state(today, nil) == .ok && state(today, false) == .warn)
        #expect(state(0) == .fail)
        #expect(state(today, newest: today + 120 * second) == .ok)
        #expect(state(today, newest: today + 121 * second) == .fail)
    }

    @Test("Our certificate: ended, not valid yet, ends soon; one that does not say")
    func certificate() {
        func finding(from begin: Int64? = 0, until end: Int64?) -> DoctorFinding {
            MachineChecks.certificate(from: begin, until: end, now: today)
        }
        let fortnight = 14 * 86_400 * second
        #expect(finding(until: today).state == .fail && finding(until: today).detail.contains("ended at 2026-11-21T"))
        #expect(finding(until: today + 1).state == .warn && finding(until: today + fortnight - 1).state == .warn)
        #expect(finding(until: today + fortnight).state == .ok && finding(from: nil, until: nil).state == .ok)
        let early = finding(from: today + 1, until: .max)
        #expect(early.state == .fail && early.detail.contains("not valid before"))
        #expect(finding(from: today, until: .max).state == .ok)
    }

    @Test("What lies in journals")
    func journals() {
        var journal = LedgerExamination.JournalState(path: "/d/journal-0.slots")
        func finding(_ journals: [LedgerExamination.JournalState], isHeld: Bool) -> DoctorFinding {
            LedgerChecks.journal(journals, isHeld: isHeld, at: today)
        }
        #expect(finding([journal], isHeld: false).state == .ok)
        journal.open = 2
        journal.finished = 3
        journal.earliestEnd = today - 9 * second
        #expect(finding([journal], isHeld: true).state == .ok)
        let left = finding([journal, journal], isHeld: false)
        #expect(left.state == .warn && left.detail.contains("4 open and 6 finished"))
        journal.isUnreadable = true
        #expect(finding([journal], isHeld: true).state == .fail)
    }

    @Test("Rows that a running gateway cannot write are told with the time that they wait")
    func backlog() {
        var journal = LedgerExamination.JournalState(path: "/d/journal-0.slots"), other = journal
        (journal.finished, journal.earliestEnd) = (3, today - 90 * second)
        (other.finished, other.earliestEnd) = (1, today - second)
        let stuck = LedgerChecks.journal([other, journal], isHeld: true, at: today)
        #expect(stuck.state == .warn && stuck.detail.hasPrefix("4 rows wait for the ledger, the oldest for 90 s"))
        #expect(LedgerChecks.journal([other], isHeld: true, at: today).state == .ok)
    }

    @Test("What cannot be opened or is in use is not called damaged")
    func unopened() {
        func cure(_ code: Int32) -> String { LedgerChecks.finding(.database(code: code, message: "no")).cure }
        #expect(cure(14).contains("can be written") && cure(8).contains("can be written"))
        #expect(cure(5).contains("holds the database") && cure(13).contains("make room"))
        #expect(cure(11).contains("backup") && cure(26).contains("ledger.sqlite3-wal") && !cure(1).contains("-wal"))
    }

    @Test("A gateway that runs, drains, does not run, does not answer, is something else")
    func gateway() {
        func finding(
            held: Bool, health: (Int, String)? = nil, ready: (Int, String)? = nil
        ) -> DoctorFinding {
            var answers = GatewayChecks.Answers(isHeld: held, place: "h:1")
            answers.health = health.map { (status: $0.0, text: $0.1) }
            answers.readiness = ready.map { (status: $0.0, text: $0.1) }
            answers.fault = "no"
            return GatewayChecks.gateway(answers)
        }
        #expect(finding(held: true, health: (200, ""), ready: (200, "ready\n")).state == .ok)
        let refused = finding(held: true, health: (200, ""), ready: (200, "ready\nconfiguration: the file\n"))
        #expect(refused.state == .warn && refused.detail.contains("configuration: the file"))
        #expect(finding(held: true, health: (200, ""), ready: (503, "draining")).detail.contains("draining"))
        #expect(finding(held: true, health: (404, "")).state == .fail)
        #expect(finding(held: true).state == .fail && finding(held: false).state == .warn)
        #expect(finding(held: false, health: (200, ""), ready: (200, "ready\n")).detail.contains("nobody holds"))
    }

    private func drops(_ count: Int) -> String {
        """
        # TYPE tollgate_telemetry_dropped_total counter
        tollgate_telemetry_dropped_total{reason="status_401",signal="spans"} \(count)
        tollgate_telemetry_dropped_total{signal="logs",reason="queue_full"} 12 # {trace_id="a"} 1
        tollgate_telemetry_dropped_total{reason="shutdown",signal="metrics"} 0
        tollgate_telemetry_dropped_total_other{reason="x",signal="y"} 7
        tollgate_telemetry_dropped_total{reason="broken
        """
    }

    @Test("Losses are told by reason, the largest first")
    func losses() {
        let finding = GatewayChecks.drops(drops(3))
        #expect(finding.detail == "dropped since the gateway started: 12 logs queue_full, 3 spans status_401")
        let clients = GatewayChecks.drops(
            """
            tollgate_client_telemetry_dropped_total{reason="unauthenticated",signal="logs"} 4
            tollgate_client_telemetry_dropped_total{reason="duplicate",signal="logs"} 9
            """)
        #expect(clients.detail == "dropped since the gateway started: 4 clients' logs unauthenticated")
        #expect(clients.cure.contains("client-telemetry"))
        #expect(GatewayChecks.drops("up 1\n").state == .ok && GatewayChecks.drops(nil).state == .ok)
    }

    @Test("Collectors: taken, busy, refused, away")
    func collectors() {
        func finding(_ outcome: CollectorProbe.Outcome) -> DoctorFinding {
            CollectorChecks.finding("collector", "h:4318", outcome)
        }
        #expect(finding(.took(1_500_000)).detail == "h:4318 took an empty export after 1.5 ms")
        #expect(finding(.busy("status 503")).state == .warn && finding(.unreachable("x")).state == .fail)
        #expect(finding(.refused("status 401")).cure.contains("credential"))
        #expect(finding(.refused("UNAUTHENTICATED no token")).cure.contains("credential"))
        #expect(finding(.refused("status 404")).cure.contains("path"))
    }

    @Test("Numbers are written for people")
    func numbers() {
        #expect(DoctorText.bytes(1023) == "1023 bytes" && DoctorText.bytes(1536) == "1.5 KiB")
        #expect(DoctorText.bytes(3 * gibibyte) == "3.0 GiB")
        #expect(DoctorText.age(119 * second) == "119 s" && DoctorText.age(120 * second) == "2 min")
        #expect(DoctorText.age(3 * 86_400 * second) == "3 days" && DoctorText.age(-1) == "0 s")
        #expect(DoctorText.milliseconds(1_540_000) == "1.5 ms" && DoctorText.milliseconds(123_400_000) == "123 ms")
    }
}
