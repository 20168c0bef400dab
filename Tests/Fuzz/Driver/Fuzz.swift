import FuzzTrials
import Glibc

/// What libFuzzer, whose `main` this is linked with, calls: TOLLGATE_FUZZ_TRIAL names the trial, `list` lists the names.
/// https://llvm.org/docs/LibFuzzer.html
private enum Fuzz {
    static let trial: Trial? = {
        let name = getenv("TOLLGATE_FUZZ_TRIAL").map { String(cString: $0) }
        if name == "list" {
            for trial in Trial.all { print(trial.name) }
            exit(0)
        }
        let trial = name.flatMap { Trial.named($0) }
        precondition(trial != nil, "TOLLGATE_FUZZ_TRIAL must name one of: \(Trial.all.map(\.name))")
        return trial
    }()
}

@c(LLVMFuzzerInitialize)
package func initialize(_ count: OpaquePointer, _ arguments: OpaquePointer) -> CInt {
    Fuzz.trial == nil ? 1 : 0
}

@c(LLVMFuzzerTestOneInput)
package func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    do {
        try Fuzz.trial?.run(UnsafeRawBufferPointer(start: data, count: size))
    } catch {
        fatalError("\(error)")
    }
    return 0
}
