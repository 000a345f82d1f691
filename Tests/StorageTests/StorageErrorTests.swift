import BSON
import CLMDB
import Glibc
import Testing

@testable import Storage

@Suite struct StorageErrorTests {
    @Test func everyCodeOfLMDBHasAMeaning() {
        for code in MDB_KEYEXIST...MDB_LAST_ERRCODE where code != MDB_TLS_FULL {  // Windows only.
            #expect(StorageErrorMeaning.table[code] != nil, "\(code): \(String(cString: mdb_strerror(code)))")
        }
    }

    @Test func fullDisksAreToldApartFromEverythingElse() {
        for code in [ENOSPC, EDQUOT, EFBIG, EIO, MDB_MAP_FULL] {
            #expect(AtelierError.storage(code, cannot: "commit the write", at: "/s").code == .outOfDiskSpace)
        }
        for code in [EACCES, ENOENT, EISDIR, EROFS, MDB_INVALID] {
            #expect(AtelierError.storage(code, cannot: "open the store", at: "/s").code == .fileOpenFailed)
        }
    }

    @Test func errorsSayWhatWhereAndWhatNext() {
        let error = AtelierError.storage(ENOSPC, cannot: "commit the write", at: "/data/shop.store")
        #expect(error.message == "cannot commit the write: the disk is full")
        #expect(error.location == "/data/shop.store")
        #expect(error.advice == "Free some space and try again; this write changed nothing.")
        // A number nobody has thought of.
        let other = AtelierError.storage(ENOTTY, cannot: "open the store", at: "/s")
        #expect(other.message == "cannot open the store: Inappropriate ioctl for device (error 25)")
    }
}
