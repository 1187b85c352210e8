import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BeginUpload } from './begin-upload.js';
import { CaseFile } from './case-file.entity.js';
import { EvidenceFile } from './evidence-file.entity.js';
import { Exhibit } from './exhibit.entity.js';
import { Exhibits } from './exhibits.js';
import { IntakeReceipts } from './intake-receipts.js';
import { Register } from './register.js';
import { SignManifest } from './sign-manifest.js';
import { StoredExhibits } from './stored-exhibits.js';
import { StoredFiles } from './stored-files.js';
import { StoreObject } from './store-object.js';
import { UploadList } from './upload-list.js';
import { Uploads } from './uploads.js';

@Module({
  imports: [TypeOrmModule.forFeature([CaseFile, Exhibit, EvidenceFile])],
  providers: [
    BeginUpload,
    Exhibits,
    IntakeReceipts,
    Register,
    SignManifest,
    StoredExhibits,
    StoredFiles,
    StoreObject,
    UploadList,
    Uploads,
  ],
  exports: [Exhibits, IntakeReceipts, Register, SignManifest, UploadList, Uploads],
})
export class IntakeModule {}
