;; The one linear memory of an instance, in pages of 64 KiB: one to begin with, at most 1 GiB and a
;; page for the spare bytes behind what is reserved.
(memory (export "memory") 1 16385)
