import { crc32, deflateRawSync } from 'node:zlib';

/** One file of an archive; `declaredBytes` lets its header lie about the size. */
interface ZipFile {
  name: string;
  content: Buffer | string;
  declaredBytes?: number;
}

/** Makes a zip archive (APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16) with deflated entries. */
export function makeZip(files: ZipFile[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const content = Buffer.from(file.content);
    const data = deflateRawSync(content);
    const name = Buffer.from(file.name);
    const common = commonFields(content, data, name, file.declaredBytes ?? content.length);
    const local = Buffer.concat([signature(0x04034b50), common, Buffer.alloc(2), name, data]);
    // Extra and comment lengths, disk, attributes, then the local header's offset.
    const tail = Buffer.alloc(16);
    tail.writeUInt32LE(offset, 12);
    locals.push(local);
    centrals.push(Buffer.concat([signature(0x02014b50), version(), common, tail, name]));
    offset += local.length;
  }
  const central = Buffer.concat(centrals);
  return Buffer.concat([...locals, central, endRecord(files.length, central.length, offset)]);
}

function commonFields(content: Buffer, data: Buffer, name: Buffer, declaredBytes: number): Buffer {
  const fields = Buffer.alloc(24);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(8, 4);
  fields.writeUInt32LE(crc32(content), 10);
  fields.writeUInt32LE(data.length, 14);
  fields.writeUInt32LE(declaredBytes, 18);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}

function endRecord(entries: number, centralBytes: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(centralBytes, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

const version = (): Buffer => Buffer.from([20, 0]);
