//! Phones that registered for push messages.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    StoreError,
    citizens::{
        Device, Registration,
        port::{DeviceReads, DeviceWrites},
    },
    deliveries::{Channel, PushAddress},
    ids::{ContactPointId, DeviceId, PersonId, SessionId},
    text::{AppName, AppVersion, PushToken},
};
use sea_orm::{
    Condition, ConnectionTrait, DatabaseTransaction, IntoActiveModel, QueryOrder, Set,
    entity::prelude::*,
    sea_query::{Expr, Query},
};

use super::{
    Db,
    contact_points::{self, address_hash, devices},
    corrupt, failed, sessions,
};

fn device(row: devices::Model, point: contact_points::Model) -> Result<Device, StoreError> {
    let platform = point.platform.and_then(|platform| platform.parse().ok());
    let environment = point.environment.map(|environment| environment.parse()).transpose();
    let app_version = point.app_version.map(AppVersion::parse).transpose();
    let registration = Registration {
        device: DeviceId(row.id),
        address: PushAddress {
            platform: platform.ok_or(corrupt("contact_points.platform"))?,
            token: PushToken::parse(point.address).map_err(|_| corrupt("contact_points.address"))?,
            environment: environment.map_err(|_| corrupt("contact_points.environment"))?,
        },
        app: AppName::parse(point.app.unwrap_or_default()).map_err(|_| corrupt("contact_points.app"))?,
        app_version: app_version.map_err(|_| corrupt("contact_points.app_version"))?,
        locale: point.locale.parse().map_err(|_| corrupt("contact_points.locale"))?,
    };
    Ok(Device {
        person: PersonId(row.person_id),
        contact_point: ContactPointId(row.contact_point_id),
        registration,
        registered_at: row.registered_at,
        session: row.session_id.map(SessionId),
    })
}

#[async_trait]
impl<C: ConnectionTrait + Send> DeviceReads for Db<C> {
    async fn devices(&self, person: PersonId) -> Result<Vec<Device>, StoreError> {
        let rows = self
            .rows::<devices::Entity>()
            .filter(devices::Column::PersonId.eq(person.0))
            .order_by_asc(devices::Column::Id)
            .all(self.connection())
            .await
            .map_err(failed)?;
        let points = self
            .rows::<contact_points::Entity>()
            .filter(contact_points::Column::Id.is_in(rows.iter().map(|row| row.contact_point_id)))
            .all(self.connection())
            .await
            .map_err(failed)?;
        let mut points: HashMap<Uuid, _> = points.into_iter().map(|point| (point.id, point)).collect();
        // A device without its contact point was removed between the two queries.
        rows.into_iter()
            .filter_map(|row| points.remove(&row.contact_point_id).map(|point| device(row, point)))
            .collect()
    }
}

impl Db<DatabaseTransaction> {
    async fn device_row(
        &self,
        person: PersonId,
        device: DeviceId,
    ) -> Result<Option<devices::Model>, StoreError> {
        self.rows::<devices::Entity>()
            .filter(devices::Column::PersonId.eq(person.0))
            .filter(devices::Column::Id.eq(device.0))
            .one(self.connection())
            .await
            .map_err(failed)
    }

    /// Devices go with their contact points.
    async fn remove_points(&self, points: Vec<Uuid>) -> Result<(), StoreError> {
        self.delete::<contact_points::Entity>()
            .filter(contact_points::Column::Id.is_in(points))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// Removes the devices registered in these sessions, with their contact points.
    pub(super) async fn remove_devices_of(&self, which: Condition) -> Result<(), StoreError> {
        let ended =
            Query::select().column(sessions::Column::Id).from(sessions::Entity).cond_where(which).take();
        let points = Query::select()
            .column(devices::Column::ContactPointId)
            .from(devices::Entity)
            .and_where(devices::Column::SessionId.in_subquery(ended))
            .take();
        self.delete::<contact_points::Entity>()
            .filter(contact_points::Column::Id.in_subquery(points))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// Gives a guest's devices to a citizen. Where both registered the same installation, the
    /// guest's registration is the later one.
    pub(super) async fn move_devices(&self, guest: PersonId, into: PersonId) -> Result<(), StoreError> {
        let rows = self.rows::<devices::Entity>().filter(devices::Column::PersonId.eq(guest.0));
        for row in rows.all(self.connection()).await.map_err(failed)? {
            if let Some(older) = self.device_row(into, DeviceId(row.id)).await? {
                self.remove_points(vec![older.contact_point_id]).await?;
            }
        }
        self.update::<devices::Entity>()
            .col_expr(devices::Column::PersonId, Expr::val(into.0))
            .filter(devices::Column::PersonId.eq(guest.0))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }
}

#[async_trait]
impl DeviceWrites for Db<DatabaseTransaction> {
    async fn put_device(
        &self,
        now: ChronoDateTimeUtc,
        (person, session): (PersonId, SessionId),
        fresh: ContactPointId,
        registration: &Registration,
    ) -> Result<(), StoreError> {
        let known = self.device_row(person, registration.device).await?.map(|row| row.contact_point_id);
        let hash = address_hash(registration.address.token.as_str());
        // The token rings one phone: whoever else registered it has lost it.
        let mut others = self
            .delete::<contact_points::Entity>()
            .filter(contact_points::Column::Kind.eq(Channel::Push.to_string()))
            .filter(contact_points::Column::AddressHash.eq(hash.as_str()));
        if let Some(known) = known {
            others = others.filter(contact_points::Column::Id.ne(known));
        }
        others.exec(self.connection()).await.map_err(failed)?;
        let point = contact_points::Model {
            id: known.unwrap_or(fresh.0),
            kind: Channel::Push.to_string(),
            address: registration.address.token.to_string(),
            address_hash: hash,
            platform: Some(registration.address.platform.to_string()),
            app: Some(registration.app.to_string()),
            environment: registration.address.environment.map(|environment| environment.to_string()),
            app_version: registration.app_version.as_ref().map(ToString::to_string),
            locale: registration.locale.to_string(),
            verified_at: None,
            registered_at: now,
        };
        let device = devices::ActiveModel {
            person_id: Set(person.0),
            id: Set(registration.device.0),
            contact_point_id: Set(point.id),
            registered_at: Set(now),
            session_id: Set(Some(session.0)),
        };
        if known.is_none() {
            self.insert(point.into_active_model()).await?;
            self.insert(device).await?;
            return self.reach_phone(person, fresh).await;
        }
        self.update::<contact_points::Entity>()
            .filter(contact_points::Column::Id.eq(point.id))
            .set(point.into_active_model().reset_all())
            .exec(self.connection())
            .await
            .map_err(failed)?;
        self.update::<devices::Entity>()
            .col_expr(devices::Column::RegisteredAt, Expr::val(now))
            .col_expr(devices::Column::SessionId, Expr::val(session.0))
            .filter(devices::Column::PersonId.eq(person.0))
            .filter(devices::Column::Id.eq(registration.device.0))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn hand_devices(&self, from: SessionId, to: SessionId) -> Result<(), StoreError> {
        self.update::<devices::Entity>()
            .col_expr(devices::Column::SessionId, Expr::val(to.0))
            .filter(devices::Column::SessionId.eq(from.0))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn delete_device(&self, person: PersonId, device: DeviceId) -> Result<bool, StoreError> {
        let Some(row) = self.device_row(person, device).await? else { return Ok(false) };
        self.remove_points(vec![row.contact_point_id]).await?;
        Ok(true)
    }
}
