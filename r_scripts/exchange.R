# A request and an answer as folders of files, for R without rpy2.
#
# Numbers travel as raw little-endian doubles, so they arrive to the last bit; text travels as
# one UTF-8 line a value. By hand:  Rscript lme4.R REQUEST_FOLDER
#
# REQUEST_FOLDER/numbers.bin  all numeric fields, one after another
# REQUEST_FOLDER/layout.txt   a line a field: name <tab> number of values
# REQUEST_FOLDER/text.txt     a line a value:  name <tab> value
# The answer is written beside them as answer_numbers.bin, answer_layout.txt, answer_text.txt.

read_request <- function(folder) {
  layout <- utils::read.table(file.path(folder, "layout.txt"), sep = "\t", quote = "",
                              comment.char = "", col.names = c("name", "length"),
                              colClasses = c("character", "numeric"))
  file <- file(file.path(folder, "numbers.bin"), "rb")
  on.exit(close(file))
  request <- lapply(layout$length, function(n) readBin(file, "double", n, size = 8, endian = "little"))
  names(request) <- layout$name
  lines <- readLines(file.path(folder, "text.txt"), encoding = "UTF-8")
  cut <- regexpr("\t", lines, fixed = TRUE)
  c(request, stats::setNames(as.list(substring(lines, cut + 1L)), substring(lines, 1L, cut - 1L)))
}

write_answer <- function(answer, folder) {
  numeric <- vapply(answer, is.numeric, logical(1))
  file <- file(file.path(folder, "answer_numbers.bin"), "wb")
  for (values in answer[numeric]) writeBin(as.double(values), file, size = 8, endian = "little")
  close(file)
  writeLines(sprintf("%s\t%d", names(answer)[numeric], lengths(answer)[numeric]),
             file.path(folder, "answer_layout.txt"))
  text <- answer[!numeric]
  lines <- sprintf("%s\t%s", rep(names(text), lengths(text)), gsub("[\r\n]+", " ", unlist(text)))
  writeLines(enc2utf8(lines), file.path(folder, "answer_text.txt"), useBytes = TRUE)
}
